//! Requests per second of the service, as ratios against the database alone: the very same SQL, and plain SQL for the same
//! columns. Everything runs in turns in one run, because machines differ and drift.
//!
//! ```text
//! cargo build --release && cargo run --release -p crm-bench
//! cargo run --release -p crm-bench -- --customers 1000000 --interactions 1000000 pages
//! cargo run -p crm-bench -- counts
//! cargo run --release -p crm-bench -- --customers 100000 duplicates
//! cargo run --release -p crm-bench -- --customers 1000000 --rounds 3 imports
//! cargo run --release -p crm-bench -- --companies 1 sales --leads 1000000 --deals 200000
//! ```

mod cached;
mod counts;
mod data;
mod duplicates;
mod imports;
mod load;
mod memory;
mod operation;
mod pages;
mod pgbench;
mod report;
mod rows;
mod sales;
mod service;
mod statements;
mod streams;
mod summaries;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

use operation::Operation;
use pgbench::Protocol;
use report::{Report, Subject};
use rows::Rows;

/// Measures the service against the database alone, in turns.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many customers there are in all companies together, up to 10 million
    #[arg(long, default_value_t = 100_000)]
    customers: usize,
    /// How many companies there are
    #[arg(long, default_value_t = 20)]
    companies: usize,
    /// A CSV file of customers to multiply; without it the rows are made
    #[arg(long)]
    file: Option<PathBuf>,
    /// How often everything is measured; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each measurement takes, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many clients send requests at once
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// How many interactions the company has when statistics are measured after all else; 0 to leave that out
    #[arg(long, default_value_t = 0)]
    interactions: usize,
    /// Measure only what so many streams of events cost another company, for instance 100,400,1200
    #[arg(long, value_delimiter = ',')]
    streams: Vec<usize>,
    /// The service; built before with `cargo build --release`
    #[arg(long, default_value = "target/release/crm-http")]
    service: PathBuf,
    /// An empty database to use instead of a server of its own, for instance postgres://crm@localhost/bench
    #[arg(long)]
    database_url: Option<String>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Compare what a request costs in statements, buffers and allocations with what is committed; no times
    Counts {
        /// Write the counts down instead
        #[arg(long)]
        write: bool,
    },
    /// Measure a scan for duplicates in one company with that many customers
    Duplicates,
    /// Measure imports beside COPY, a large file with as many rows as there are customers, and exports
    Imports,
    /// Measure the pages of the console, beside the time of their statements
    Pages,
    /// Measure statistics of sales after a write, beside their own statements
    Sales {
        /// How many leads the company has
        #[arg(long, default_value_t = 1_000_000)]
        leads: usize,
        /// How many deals the company has
        #[arg(long, default_value_t = 200_000)]
        deals: usize,
    },
    /// Measure what a language model that refuses, hangs or answers nonsense costs the write of an interaction
    Summaries,
}

fn main() -> Result<()> {
    let options = Options::parse();
    match options.command {
        Some(Command::Counts { write }) => counts::run(write),
        Some(Command::Duplicates) => tokio::runtime::Runtime::new()?.block_on(async {
            let (url, _server) = database(&options)?;
            duplicates::run(&url, options.customers).await
        }),
        Some(Command::Imports) => tokio::runtime::Runtime::new()?.block_on(measure_imports(&options)),
        Some(Command::Pages) => measure_pages(&options),
        Some(Command::Sales { leads, deals }) => {
            tokio::runtime::Runtime::new()?.block_on(measure_sales(&options, leads, deals))
        }
        Some(Command::Summaries) => tokio::runtime::Runtime::new()?.block_on(measure_summaries(&options)),
        None => tokio::runtime::Runtime::new()?.block_on(measure(options)),
    }
}

/// The address of the database, and the server of its own if it has one.
fn database(options: &Options) -> Result<(String, Option<testkit::PostgresServer>)> {
    if let Some(url) = &options.database_url {
        return Ok((url.clone(), None));
    }
    let server = testkit::PostgresServer::start()?;
    Ok((server.url("postgres"), Some(server)))
}

async fn fill(options: &Options, url: &str) -> Result<data::Data> {
    let Options { customers, companies, .. } = *options;
    ensure!(companies > 0 && customers / companies > 0, "each company needs a customer");
    let rows = Rows::new(options.file.as_deref(), customers / companies)?;
    data::fill(url, rows, customers, companies).await
}

fn measure_pages(options: &Options) -> Result<()> {
    let (url, _server) = database(options)?;
    let data = tokio::runtime::Runtime::new()?.block_on(async {
        let data = fill(options, &url).await?;
        if options.interactions > 0 {
            cached::fill(&url, &data, options.interactions).await?;
        }
        anyhow::Ok(data)
    })?;
    pages::run(&url, &data)
}

async fn measure_imports(options: &Options) -> Result<()> {
    let (url, _server) = database(options)?;
    let rows = Rows::new(options.file.as_deref(), 10_000)?;
    imports::measure(&options.service, &url, rows, options.customers, options.rounds).await
}

async fn measure_sales(options: &Options, leads: usize, deals: usize) -> Result<()> {
    let (url, _server) = database(options)?;
    let data = fill(options, &url).await?;
    sales::fill(&url, &data, leads, deals).await?;
    let service = service::Service::start(&options.service, &url, &data, &[]).await?;
    sales::measure(&service, &url, &data).await
}

async fn measure_summaries(options: &Options) -> Result<()> {
    let (url, _server) = database(options)?;
    let data = fill(options, &url).await?;
    let time = Duration::from_secs(options.seconds);
    summaries::measure(&options.service, &url, &data, options.rounds, time).await
}

async fn measure(options: Options) -> Result<()> {
    let Options { rounds, clients, .. } = options;
    let (url, _server) = database(&options)?;
    let data = fill(&options, &url).await?;
    let statements = statements::capture(&url, &data).await?;
    let service = service::Service::start(&options.service, &url, &data, &[]).await?;
    let (mut report, time) = (Report::default(), Duration::from_secs(options.seconds));
    if !options.streams.is_empty() {
        return streams::measure(&service, &options.streams, time).await;
    }
    for _ in 0..rounds {
        for operation in Operation::ALL {
            report.add(operation, Subject::Service, load::run(&service, operation, &data, clients, time).await?);
            for protocol in Protocol::ALL {
                let same = pgbench::run(&url, &statements.same(operation)?, protocol, time).await?;
                report.add(operation, Subject::Same(protocol), same);
                if let plain @ [_, ..] = statements.plain(operation) {
                    let plain = pgbench::run(&url, plain, protocol, time).await?;
                    report.add(operation, Subject::Plain(protocol), plain);
                }
            }
        }
    }
    head(&options, &service)?;
    report.print();
    if options.interactions > 0 {
        cached::fill(&url, &data, options.interactions).await?;
        cached::measure(&service).await?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
fn head(options: &Options, service: &service::Service) -> Result<()> {
    let Options { customers, companies, clients, rounds, seconds, .. } = options;
    let mebibytes = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    let [now, most] = memory::of(service.pid())?;
    println!(
        "{customers} customers in {companies} companies; {clients} clients{}, 4 of pgbench; {rounds} rounds of {seconds} s in \
         turns; medians",
        if load::has_wrk() { " of wrk" } else { "" }
    );
    println!(
        "memory {:.0} MiB at the start, {:.0} MiB after the load, {:.0} MiB at most; ready after {:.0} ms\n",
        mebibytes(service.idle),
        mebibytes(now),
        mebibytes(most),
        service.ready.as_secs_f64() * 1e3
    );
    Ok(())
}
