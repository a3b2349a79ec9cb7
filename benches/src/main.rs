//! Requests per second and CPU time per request of the service, as ratios against the very same SQL sent straight to the
//! database: by pgbench, and by plain sqlx. Everything runs in turns in one run, because machines differ and drift.
//!
//! ```text
//! cargo build --release && cargo run --release -p crm-bench
//! ```

mod cached;
mod cpu;
mod data;
mod direct;
mod load;
mod pgbench;
mod report;
mod service;
mod statements;
mod streams;

use std::time::Duration;

use anyhow::Result;
use clap::Parser;

use report::{Report, Sample};

/// Measures the service against the same SQL, in turns.
#[derive(Debug, Parser)]
struct Options {
    /// How many customers the company has
    #[arg(long, default_value_t = 100_000)]
    customers: usize,
    /// How often everything is measured; medians are printed
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement takes, in seconds
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How many clients send requests at once
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// How many interactions the company has when statistics are measured; 0 to leave that out
    #[arg(long, default_value_t = 1_000_000)]
    interactions: usize,
    /// Measure only what so many streams of events cost another company, for instance 100,400,1200
    #[arg(long, value_delimiter = ',')]
    streams: Vec<usize>,
    /// The service; built before with `cargo build --release`
    #[arg(long, default_value = "target/release/crm-http")]
    service: std::path::PathBuf,
    /// An empty database to use instead of a server of its own, for instance postgres://crm@localhost/bench
    #[arg(long)]
    database_url: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let server = match options.database_url {
        Some(_) => None,
        None => Some(testkit::PostgresServer::start()?),
    };
    let own = server.as_ref().map(|server| server.url("postgres"));
    let url = options.database_url.clone().or(own).unwrap_or_default();
    let data = data::fill(&url, options.customers).await?;
    let statements = statements::capture(&url, &data).await?;
    let service = service::Service::start(&options.service, &url, &data).await?;
    if !options.streams.is_empty() {
        return streams::measure(&service, &options.streams, options.time()).await;
    }
    let direct = direct::Direct::connect(&url, options.clients).await?;
    let mut report = Report::new(&options, &service);
    for operation in [statements::Operation::List, statements::Operation::Get, statements::Operation::Create] {
        let sql = statements.of(operation);
        for _ in 0..options.rounds {
            let meter = cpu::Meter::start(service.pid(), direct.postmaster())?;
            let requests = load::http(&service, operation, &data, options.clients, options.time()).await?;
            report.add(operation, "crm-http", Sample::new(requests, options.time(), meter.read()?));
            let meter = cpu::Meter::start(std::process::id(), direct.postmaster())?;
            let requests = direct.run(operation, sql, options.clients, options.time()).await?;
            report.add(operation, "sqlx", Sample::new(requests, options.time(), meter.read()?));
            let run = pgbench::run(&url, operation, sql, options.clients, options.seconds, direct.postmaster()).await?;
            report.add(operation, "pgbench", Sample::new(run.transactions, options.time(), run.cpu));
        }
    }
    report.print();
    if options.interactions > 0 {
        cached::fill(&url, &data, options.interactions).await?;
        cached::measure(&service).await?;
    }
    Ok(())
}

impl Options {
    const fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
