//! Files: how fast they are imported beside `COPY`, how fast exported, the memory that takes, and what others feel meanwhile.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use crm_core::ids::{CompanyId, UserId};
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::data::{Data, connect};
use crate::memory;
use crate::rows::Rows;
use crate::service::{Service, client, token};

/// What an import of customers fills.
const FILLED: [&str; 6] = [
    "crm_customers",
    "crm_customer_contact_points",
    "crm_customer_match_keys",
    "crm_changes",
    "crm_audit",
    "crm_outbox",
];
const ASK_EVERY: Duration = Duration::from_millis(20);
const BOUNDARY: &str = "crm-bench";

/// Prints all figures. `many` is the number of rows of the large file.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
pub(crate) async fn measure(program: &Path, url: &str, rows: Rows, many: usize, rounds: usize) -> Result<()> {
    let db = connect(url).await?;
    migration::up(&db).await?;
    let data = company();
    let settings = [("IMPORT_LIMIT", "1GiB".to_owned()), ("IMPORT_TIMEOUT", "60m".to_owned())];
    let service = Service::start(program, url, &data, &settings).await?;
    println!("\nA file of {} rows, rows per second:\n", rows.count);
    println!("| import | COPY of the customers | ÷ | COPY of all that it fills | ÷ |\n|---|---|---|---|---|");
    for _ in 0..rounds {
        let (imported, company) = import(&service, &rows).await?;
        let [customers, all] = [copy(&db, company, &FILLED[..1]).await?, copy(&db, company, &FILLED).await?];
        let per_second = |time: Duration| rows.count as f64 / time.as_secs_f64();
        let [import, customers, all] = [imported, customers, all].map(per_second);
        println!("| {import:.0} | {customers:.0} | {:.2} | {all:.0} | {:.2} |", import / customers, import / all);
    }
    large(&service, &multiplied(&rows, many)?, many).await?;
    export(&service, many).await
}

/// A company that has nothing yet.
fn company() -> Data {
    let (company, user): (CompanyId, UserId) = (Uuid::new_v4().into(), Uuid::new_v4().into());
    Data { company, user, customers: Vec::new(), words: Vec::new(), columns: Vec::new() }
}

fn form(file: &str) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"customers.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    );
    [head.as_bytes(), file.as_bytes(), format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

fn post(client: &reqwest::Client, url: String, file: &str) -> reqwest::RequestBuilder {
    client.post(url).header("content-type", format!("multipart/form-data; boundary={BOUNDARY}")).body(form(file))
}

/// Imports the file into a new company.
async fn import(service: &Service, rows: &Rows) -> Result<(Duration, CompanyId)> {
    let (company, user) = (Uuid::new_v4(), Uuid::new_v4());
    let client = client(&token(user, company)?)?;
    let url = format!("{}/api/customers/import?dateOrder=dmy", service.base());
    let began = Instant::now();
    let report: Value = post(&client, url, &rows.csv).send().await?.error_for_status()?.json().await?;
    let took = began.elapsed();
    ensure!(report["created"] == json!(rows.count), "not all rows were imported: {report}");
    Ok((took, company.into()))
}

/// Copies what a company has of these tables into empty ones with the same columns and indexes.
async fn copy(db: &DatabaseConnection, company: CompanyId, tables: &[&str]) -> Result<Duration> {
    let directory =
        tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777)).tempdir()?;
    let mut took = Duration::ZERO;
    for table in tables {
        let file = directory.path().join(table);
        let file = file.to_str().context("a path")?;
        db.execute_unprepared(&format!("COPY (SELECT * FROM {table} WHERE company_id = '{company}') TO '{file}'"))
            .await?;
        db.execute_unprepared(&format!("CREATE TABLE bench_copy (LIKE {table} INCLUDING ALL)")).await?;
        let began = Instant::now();
        db.execute_unprepared(&format!("COPY bench_copy FROM '{file}'")).await?;
        took += began.elapsed();
        db.execute_unprepared("DROP TABLE bench_copy").await?;
    }
    Ok(took)
}

/// The file with so many rows, whose e-mail addresses differ.
fn multiplied(rows: &Rows, many: usize) -> Result<String> {
    let mut reader = csv::Reader::from_reader(rows.csv.as_bytes());
    let header = reader.headers()?.clone();
    let email = header.iter().position(|name| name.eq_ignore_ascii_case("email")).context("no column Email")?;
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header)?;
    for number in 0..many {
        let (record, copy) = (&records[number % records.len()], number / records.len());
        let cell = |(index, cell): (usize, &str)| match index == email && copy > 0 {
            true => format!("{copy}.{cell}"),
            false => cell.to_owned(),
        };
        writer.write_record(record.iter().enumerate().map(cell))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Imports a large file by a job, while a user of another company asks for their list.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
async fn large(service: &Service, file: &str, many: usize) -> Result<()> {
    let other = service.another_company()?;
    let list = format!("{}/api/customers?limit=20", service.base());
    let before = ask(&other, &list, async || Ok(false), Duration::from_secs(5)).await?;
    let base = format!("{}/api/imports", service.base());
    let [_, before_memory] = memory::of(service.pid())?;
    let stored: Value = post(service.client(), base.clone(), file).send().await?.error_for_status()?.json().await?;
    let id = stored["id"].as_str().context("an id")?;
    let [_, stored_memory] = memory::of(service.pid())?;
    let began = Instant::now();
    let start = service.client().post(format!("{base}/{id}/start")).json(&json!({ "dateOrder": "dmy" }));
    let started: Value = start.send().await?.error_for_status()?.json().await?;
    let job = format!("{}/api/jobs/{}", service.base(), started["jobId"].as_str().context("a job")?);
    let is_done = async || {
        let job: Value = service.client().get(&job).send().await?.json().await?;
        Ok(!matches!(job["state"].as_str(), Some("waiting" | "running")))
    };
    let during = ask(&other, &list, is_done, Duration::MAX).await?;
    let took = began.elapsed();
    let done: Value = service.client().get(format!("{base}/{id}")).send().await?.json().await?;
    ensure!(done["report"]["created"] == json!(many), "not all rows were imported: {}", done["report"]);
    let [_, most] = memory::of(service.pid())?;
    let mebibytes = |bytes: u64| bytes / 1024 / 1024;
    println!("\nA file of {many} rows ({} MiB), by a job:\n", file.len() / 1024 / 1024);
    println!("{:.0} rows per second", many as f64 / took.as_secs_f64());
    println!(
        "memory at most: {} MiB before, {} MiB when it was stored, {} MiB when it was imported",
        mebibytes(before_memory),
        mebibytes(stored_memory),
        mebibytes(most)
    );
    println!("lists of another company, p50 and p99: {} before, {} during", told(before), told(during));
    Ok(())
}

/// Asks every few milliseconds until it is done, or the time is over.
async fn ask(
    client: &reqwest::Client,
    url: &str,
    is_done: impl AsyncFn() -> Result<bool>,
    time: Duration,
) -> Result<Vec<Duration>> {
    let (began, mut ticks, mut times) = (Instant::now(), interval(ASK_EVERY), Vec::new());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while began.elapsed() < time {
        ticks.tick().await;
        let sent = Instant::now();
        client.get(url).send().await?.error_for_status()?.bytes().await?;
        times.push(sent.elapsed());
        if times.len().is_multiple_of(50) && is_done().await? {
            break;
        }
    }
    Ok(times)
}

fn told(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
    format!("{:.1} ms and {:.1} ms", at(50), at(99))
}

/// Exports all that was imported.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
async fn export(service: &Service, many: usize) -> Result<()> {
    println!("\nExports of them:\n");
    for format in ["csv", "ndjson", "vcard"] {
        let url = format!("{}/api/customers/export?format={format}", service.base());
        let (began, mut bytes) = (Instant::now(), 0);
        let mut answer = service.client().get(url).send().await?.error_for_status()?;
        while let Some(piece) = answer.chunk().await? {
            bytes += piece.len();
        }
        let took = began.elapsed().as_secs_f64();
        println!("{format}: {:.0} rows per second, {} MiB", many as f64 / took, bytes / 1024 / 1024);
    }
    let [_, most] = memory::of(service.pid())?;
    println!("memory at most: {} MiB", most / 1024 / 1024);
    Ok(())
}
