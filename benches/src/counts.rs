//! The cost of a request in counts that do not depend on the machine: statements, PostgreSQL buffers, allocations.
//!
//! The service runs in this process, on one thread, built as by `serve`. A count that has grown fails.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service};
use anyhow::{Context, Result, bail, ensure};
use crm_core::Crm;
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use crm_http::Service;
use crm_http::auth::{AuthMode, Verifier};
use crm_http::config::Config;
use crm_http::health::Health;
use crm_http::limits::RateLimits;
use crm_http::server::{Server, connect};
use serde_json::Value;

use crate::data::{Data, fill};
use crate::operation::Operation;
use crate::rows::Rows;
use crate::service::{SECRET, token};
use crate::statements::{Statements, capture, literal, new_customer};

/// The file with the expected counts.
const AGREED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.txt");
const CUSTOMERS: usize = 4_000;
const COMPANIES: usize = 4;
/// The number of warm-up requests and of counted requests; medians are compared.
const WARM_UP: usize = 20;
const COUNTED: usize = 21;
/// The allowed difference of buffers and allocations in percent: ids are random, and so is the location of rows.
const TOLERANCE: usize = 10;

/// The cost of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    statements: usize,
    /// Zero for writes, which cannot be explained without executing them.
    buffers: usize,
    allocations: usize,
}

/// Counts, and compares with the expected counts or writes them.
#[expect(clippy::print_stdout, reason = "the counts are what the user asked for")]
pub(crate) fn run(write: bool) -> Result<()> {
    let server = testkit::PostgresServer::start()?;
    let counted = count(&server.url("postgres"))?;
    let mut text =
        String::from("# Per request: statements, buffers, allocations. Written by `crm-bench counts --write`.\n");
    for (operation, Cost { statements, buffers, allocations }) in &counted {
        writeln!(text, "{}: {statements} {buffers} {allocations}", operation.name())?;
    }
    print!("{text}");
    if write {
        return Ok(std::fs::write(AGREED, text)?);
    }
    compare(&counted, &std::fs::read_to_string(AGREED).with_context(|| AGREED.to_owned())?)
}

fn compare(counted: &[(Operation, Cost)], agreed: &str) -> Result<()> {
    let mut faults = Vec::new();
    for (operation, cost) in counted {
        let line = agreed.lines().find_map(|line| line.strip_prefix(operation.name())?.strip_prefix(": "));
        let line = line.with_context(|| format!("{} is not in counts.txt", operation.name()))?;
        let numbers: Vec<usize> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [statements, buffers, allocations] = numbers[..] else { bail!("an odd line: {line}") };
        let most = |agreed: usize| agreed + agreed * TOLERANCE / 100;
        for (what, is, may) in [
            ("statements", cost.statements, statements),
            ("buffers", cost.buffers, most(buffers)),
            ("allocations", cost.allocations, most(allocations)),
        ] {
            if is > may {
                faults.push(format!("{}: {is} {what}, and at most {may} are agreed on", operation.name()));
            }
        }
    }
    ensure!(faults.is_empty(), "{}\nIf that is meant, run `crm-bench counts --write`.", faults.join("\n"));
    Ok(())
}

fn count(url: &str) -> Result<Vec<(Operation, Cost)>> {
    // The requesting thread is the answering thread, so that its allocations are those of the service.
    let system = actix_web::rt::System::new();
    let rows = Rows::new(None, CUSTOMERS / COMPANIES)?;
    let data = system.block_on(fill(url, rows, CUSTOMERS, COMPANIES))?;
    let statements = system.block_on(capture(url, &data))?;
    let sent = Arc::new(AtomicUsize::new(0));
    let (server, database) = system.block_on(server(url, sent.clone()))?;
    let app = system.block_on(init_service(server.app()));
    let token = token(data.user, data.company)?;
    let mut all = Vec::new();
    for operation in Operation::ALL {
        let mut costs = Vec::new();
        for turn in 0..WARM_UP + COUNTED {
            let request = request(operation, &data, &token, turn)?.to_request();
            let before = sent.load(Ordering::Relaxed);
            let mut answer = None;
            let allocated = allocation_counter::measure(|| answer = Some(system.block_on(app.call(request))));
            let status = answer
                .context("no answer")?
                .map_or(StatusCode::INTERNAL_SERVER_ERROR, |answer: ServiceResponse<_>| answer.status());
            ensure!(status.is_success(), "{}: {status}", operation.name());
            costs.push((sent.load(Ordering::Relaxed) - before, usize::try_from(allocated.count_total)?));
        }
        let mut costs = costs.split_off(WARM_UP);
        costs.sort_unstable_by_key(|(_, allocations)| *allocations);
        let (statements_sent, allocations) = costs[COUNTED / 2];
        let buffers = system.block_on(buffers(&database, operation, &statements))?;
        all.push((operation, Cost { statements: statements_sent, buffers, allocations }));
    }
    Ok(all)
}

/// The service as built by `serve`, with its limits; its log is discarded.
async fn server(url: &str, sent: Arc<AtomicUsize>) -> Result<(Server, DatabaseConnection)> {
    let settings = [("DATABASE_URL", url), ("JWT_SECRET", SECRET), ("AUTH_MODE", "shared_secret")];
    let limits = ["RATE_LIMIT_IP", "RATE_LIMIT_USER", "RATE_LIMIT_COMPANY"].map(|name| (name, "4000000000"));
    let settings = settings.into_iter().chain(limits).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::read(None, settings.collect())?;
    let mut database = connect(&config.database).await?;
    database.set_metric_callback(move |_| {
        sent.fetch_add(1, Ordering::Relaxed);
    });
    let AuthMode::SharedSecret(_) = &config.auth.mode else { bail!("another way to verify tokens") };
    let verifier = Verifier::start(config.auth.mode.clone(), None).await?;
    let health = Health::new(database.clone(), None, Some(Server::collect_metrics()?));
    let service = Service::new(Crm::default(), database.clone(), verifier).with_limits(config.http.limits);
    let service = service.with_rate_limits(RateLimits::new(config.rate_limits.clone(), None));
    Ok((Server::new(service, health, config.http), database))
}

fn request(operation: Operation, data: &Data, token: &str, turn: usize) -> Result<TestRequest> {
    let request = match operation {
        Operation::List => TestRequest::get().uri("/api/customers?limit=20&count=none"),
        Operation::ListCounted => TestRequest::get().uri("/api/customers?limit=20"),
        Operation::Get => {
            TestRequest::get().uri(&format!("/api/customers/{}", data.customers[turn % data.customers.len()]))
        }
        Operation::Create => TestRequest::post().uri("/api/customers").set_json(serde_json::to_value(new_customer())?),
        Operation::Search => {
            TestRequest::get().uri(&format!("/api/customers/search?limit=20&q={}", data.words[turn % data.words.len()]))
        }
    };
    let peer = "127.0.0.1:1".parse()?;
    Ok(request.peer_addr(peer).insert_header(("authorization", format!("Bearer {token}"))))
}

/// The number of buffers that the statements of a request access: the median of its requests. None for writes.
async fn buffers(database: &DatabaseConnection, operation: Operation, statements: &Statements) -> Result<usize> {
    if operation == Operation::Create {
        return Ok(0);
    }
    let mut all = Vec::new();
    for request in statements.requests(operation) {
        let mut sum = 0;
        for statement in request {
            sum += explained(database, &literal(statement)).await?;
        }
        all.push(sum);
    }
    all.sort_unstable();
    all.get(all.len() / 2).copied().context("no statement")
}

async fn explained(database: &DatabaseConnection, sql: &str) -> Result<usize> {
    let sql = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}");
    let row = database.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?.context("no plan")?;
    let plan: Value = row.try_get_by_index(0)?;
    let read = |name: &str| plan.pointer(&format!("/0/Plan/{name} Blocks")).and_then(Value::as_u64).unwrap_or_default();
    Ok(usize::try_from(read("Shared Hit") + read("Shared Read"))?)
}

#[cfg(test)]
mod tests {
    use super::{Cost, compare};
    use crate::operation::Operation;

    #[test]
    fn what_has_grown_is_told() {
        let agreed = "get: 1 10 100\n";
        let cost = |statements, buffers, allocations| [(Operation::Get, Cost { statements, buffers, allocations })];
        assert!(compare(&cost(1, 11, 110), agreed).is_ok());
        for grown in [cost(2, 10, 100), cost(1, 12, 100), cost(1, 10, 111)] {
            assert!(compare(&grown, agreed).is_err(), "{grown:?}");
        }
        assert!(compare(&[(Operation::List, cost(1, 1, 1)[0].1)], agreed).is_err());
    }
}
