//! How long pages of the console take, and how much of that is not the time of their statements.
//!
//! The console runs in this process and answers one request at a time, so that the times of statements belong to the request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::to_bytes;
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpRequest, web};
use anyhow::{Result, anyhow, ensure};
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Actor;
use crm_web::Service;
use crm_web::auth::{AuthError, Authenticator};

use crate::data::{Data, connect};

const WARM_UP: usize = 20;
const MEASURED: usize = 300;
/// The pages; `{customer}` and `{word}` are another one each time.
const PAGES: &[&str] = &[
    "/",
    "/?period=year",
    "/customers",
    "/customers?status=active&owner=me",
    "/customers?sort=name",
    "/customers?q={word}",
    "/customers/{customer}",
    "/customers/new",
];

/// The statements of a request.
#[derive(Default)]
struct Statements {
    count: AtomicU64,
    nanoseconds: AtomicU64,
}

/// What a request cost.
struct Cost {
    total: Duration,
    statements: Duration,
    count: u64,
    bytes: usize,
}

struct Fixed(Actor);

#[async_trait::async_trait(?Send)]
impl Authenticator for Fixed {
    async fn authenticate(&self, _request: &HttpRequest) -> Result<Actor, AuthError> {
        Ok(self.0.clone())
    }
}

/// Asks for all pages, and prints their times.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
pub(crate) fn run(url: &str, data: &Data) -> Result<()> {
    let system = actix_web::rt::System::new();
    let sent = Arc::new(Statements::default());
    let mut database = system.block_on(connect(url))?;
    let counted = sent.clone();
    database.set_metric_callback(move |statement| {
        counted.count.fetch_add(1, Ordering::Relaxed);
        let elapsed = u64::try_from(statement.elapsed.as_nanos()).unwrap_or(u64::MAX);
        counted.nanoseconds.fetch_add(elapsed, Ordering::Relaxed);
    });
    let console = Console::new(Service::new(Crm::default(), database, Fixed(data.actor())));
    let app = App::new().service(web::scope("").configure(crm_console::configure(console)));
    let app = system.block_on(init_service(app));
    println!(
        "\n{:<36} {:>8} {:>8} {:>14} {:>10} {:>10} {:>10} {:>8}",
        "milliseconds", "p50", "p99", "statements p99", "rest p50", "rest p99", "statements", "bytes"
    );
    for page in PAGES {
        let mut costs = Vec::new();
        for turn in 0..WARM_UP + MEASURED {
            let customer = data.customers[turn % data.customers.len()].to_string();
            let path = page.replace("{customer}", &customer).replace("{word}", &data.words[turn % data.words.len()]);
            let request = TestRequest::get().uri(&path).insert_header(("accept-encoding", "gzip")).to_request();
            let cost = system.block_on(async {
                let before = [&sent.count, &sent.nanoseconds].map(|counter| counter.load(Ordering::Relaxed));
                let start = Instant::now();
                let answer: ServiceResponse<_> = app.call(request).await.map_err(|error| anyhow!("{error}"))?;
                ensure!(answer.status().is_success(), "{path}: {}", answer.status());
                let body = to_bytes(answer.into_body()).await.map_err(|_| anyhow!("{path} has no end"))?;
                let total = start.elapsed();
                let after = [&sent.count, &sent.nanoseconds].map(|counter| counter.load(Ordering::Relaxed));
                let statements = Duration::from_nanos(after[1] - before[1]);
                Ok(Cost { total, statements, count: after[0] - before[0], bytes: body.len() })
            })?;
            costs.push(cost);
        }
        print(page, &costs[WARM_UP..]);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
fn print(page: &str, costs: &[Cost]) {
    let at = |percent: usize, pick: fn(&Cost) -> Duration| {
        let mut all: Vec<Duration> = costs.iter().map(pick).collect();
        all.sort_unstable();
        all[(all.len() * percent / 100).min(all.len() - 1)].as_secs_f64() * 1e3
    };
    let rest = |cost: &Cost| cost.total.saturating_sub(cost.statements);
    let (count, bytes) = (costs.iter().map(|cost| cost.count).max(), costs.iter().map(|cost| cost.bytes).max());
    println!(
        "{page:<36} {:>8.1} {:>8.1} {:>14.1} {:>10.1} {:>10.1} {:>10} {:>8}",
        at(50, |cost| cost.total),
        at(99, |cost| cost.total),
        at(99, |cost| cost.statements),
        at(50, rest),
        at(99, rest),
        count.unwrap_or_default(),
        bytes.unwrap_or_default()
    );
}
