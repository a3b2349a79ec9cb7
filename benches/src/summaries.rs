//! What a language model that fails costs the write of an interaction.
//!
//! Interactions are added at a steady rate, in turns by a service without a model and by services whose model refuses,
//! hangs and answers nonsense; their summaries are on.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval};

use crate::data::Data;
use crate::service::Service;

const WRITE_EVERY: Duration = Duration::from_millis(10);

/// What the model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    None,
    Refuses,
    Hangs,
    Garbage,
}

const MODELS: [Model; 4] = [Model::None, Model::Refuses, Model::Hangs, Model::Garbage];

/// Prints how long adding an interaction takes with each model.
#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
pub(crate) async fn measure(program: &Path, url: &str, data: &Data, rounds: usize, time: Duration) -> Result<()> {
    let mut times = MODELS.map(|_| Vec::new());
    for _ in 0..rounds {
        for (model, times) in MODELS.into_iter().zip(&mut times) {
            let (address, listener) = model.listen().await?;
            let settings = address.map(|address| {
                [("LLM_BASE_URL", format!("http://{address}/v1")), ("LLM_PLAIN_HTTP", "true".to_owned())]
            });
            let service =
                Service::start(program, url, data, settings.as_ref().map_or(&[], |settings| settings)).await?;
            if model != Model::None {
                switch_on(&service).await?;
            }
            times.extend(writes(&service, data, time).await?);
            drop(listener);
        }
    }
    println!("\nAdding an interaction, {} a second:\n", 1_000 / WRITE_EVERY.as_millis());
    println!("| the model | interactions | p50 | p99 | p99 ÷ without |\n|---|---|---|---|---|");
    let mut without = None;
    for (model, mut times) in MODELS.into_iter().zip(times) {
        times.sort_unstable();
        let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
        let ratio = at(99) / *without.get_or_insert(at(99));
        println!("| {model:?} | {} | {:.2} ms | {:.2} ms | {ratio:.2} |", times.len(), at(50), at(99));
    }
    Ok(())
}

impl Model {
    /// Its address, and what answers there as long as it is kept.
    async fn listen(self) -> Result<(Option<std::net::SocketAddr>, Option<tokio::task::JoinSet<()>>)> {
        if self == Self::None {
            return Ok((None, None));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = Some(listener.local_addr()?);
        if self == Self::Refuses {
            return Ok((address, None));
        }
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut held: Vec<TcpStream> = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if self == Self::Garbage {
                    let answer =
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                held.push(stream);
            }
        });
        Ok((address, Some(tasks)))
    }
}

async fn switch_on(service: &Service) -> Result<()> {
    let settings = json!({ "aiEnabled": true, "aiConsent": true });
    let url = format!("{}/api/settings", service.base());
    service.client().patch(url).json(&settings).send().await?.error_for_status()?;
    Ok(())
}

/// How long each write took.
async fn writes(service: &Service, data: &Data, time: Duration) -> Result<Vec<Duration>> {
    let new = json!({ "type": "call", "subject": "A call", "status": "completed", "content": "Asked for a quote for 200 units." });
    let (mut ticks, began) = (interval(WRITE_EVERY), Instant::now());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut times = Vec::new();
    while began.elapsed() < time {
        ticks.tick().await;
        let customer = data.customers[times.len() % data.customers.len()];
        let url = format!("{}/api/customers/{customer}/interactions", service.base());
        let sent = Instant::now();
        service.client().post(url).json(&new).send().await?.error_for_status()?;
        times.push(sent.elapsed());
    }
    // The first ones open connections and fill caches.
    Ok(times.split_off(times.len() / 5))
}
