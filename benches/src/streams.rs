//! What streams of events of one company cost another one.
//!
//! One company has so many streams open and writes five times a second; another one lists its customers meanwhile. Without
//! streams, and with more and more of them, in one run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::service::Service;

const WRITE_EVERY: Duration = Duration::from_millis(200);
const LIST_EVERY: Duration = Duration::from_millis(10);

/// Prints how long the other company's lists take, for each number of streams.
#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
pub(crate) async fn measure(service: &Service, counts: &[usize], time: Duration) -> Result<()> {
    let (here, other) = (service.client(), service.another_company()?);
    for _ in 0..20 {
        create(&other, service.base()).await?;
    }
    create(here, service.base()).await?;
    println!("\nLists of another company while one company follows its events and writes five times a second:\n");
    println!("| streams | events heard | p50 | p95 | p95 ÷ without |\n|---|---|---|---|---|");
    let mut without = None;
    for count in [0].iter().chain(counts) {
        let heard = Arc::default();
        let mut streams = open(here, service.base(), *count, &heard).await?;
        let [p50, p95] = lists(here, &other, service.base(), time).await?;
        streams.shutdown().await;
        let heard = heard.load(Ordering::Relaxed);
        let base = *without.get_or_insert(p95);
        let ratio = p95.as_secs_f64() / base.as_secs_f64();
        println!("| {count} | {heard} | {:.1} ms | {:.1} ms | {ratio:.2} |", millis(p50), millis(p95));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

async fn create(client: &reqwest::Client, base: &str) -> Result<()> {
    let new = json!({ "name": "Lee & Co" });
    client.post(format!("{base}/api/customers")).json(&new).send().await?.error_for_status()?;
    Ok(())
}

/// Clients that each count the events that they hear.
async fn open(client: &reqwest::Client, base: &str, count: usize, heard: &Arc<AtomicUsize>) -> Result<JoinSet<()>> {
    let mut streams = JoinSet::new();
    for _ in 0..count {
        let answer = client.get(format!("{base}/api/events/stream")).send().await?;
        let mut answer = answer.error_for_status().context("a stream is refused")?;
        let heard = Arc::clone(heard);
        streams.spawn(async move {
            while let Ok(Some(chunk)) = answer.chunk().await {
                let events = String::from_utf8_lossy(&chunk).matches("\ndata: ").count();
                heard.fetch_add(events, Ordering::Relaxed);
            }
        });
    }
    Ok(streams)
}

/// The median and the 95th percentile of the other company's lists.
async fn lists(here: &reqwest::Client, other: &reqwest::Client, base: &str, time: Duration) -> Result<[Duration; 2]> {
    let writing = async {
        let mut ticks = interval(WRITE_EVERY);
        loop {
            ticks.tick().await;
            if let Err(error) = create(here, base).await {
                return error;
            }
        }
    };
    let listing = async {
        let (mut times, mut ticks, end) = (Vec::new(), interval(LIST_EVERY), Instant::now() + time);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < end {
            ticks.tick().await;
            let started = Instant::now();
            let answer = other.get(format!("{base}/api/customers?count=none")).send().await?;
            answer.error_for_status()?.bytes().await?;
            times.push(started.elapsed());
        }
        times.sort_unstable();
        Ok([times[times.len() / 2], times[times.len() * 95 / 100]])
    };
    tokio::select! {
        error = writing => Err(error),
        times = listing => times,
    }
}
