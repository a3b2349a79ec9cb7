//! A real sales pipeline, imported by `examples/sales-pipeline/import.py` as its page says; dashboard and performance over it are
//! compared with what is computed from the file alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::{Value, json};
use testkit::{Backend, ServerError, Suite, TestDatabase, bounded};

use crate::support::{Client, SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [a_real_pipeline_is_imported_and_counted]);
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/sales-pipeline/import.py");
const HEADER: &str = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n";
/// Of how many rows one is imported, unless all are: SQLite waits for the disk with every write.
const ONE_OF: usize = 16;

/// A row of the pipeline.
#[derive(Clone, Debug)]
struct Row {
    line: String,
    agent: String,
    account: String,
    stage: String,
    engaged: Option<DateTime<Utc>>,
    closed: Option<DateTime<Utc>>,
}

impl Row {
    fn read(line: &str) -> anyhow::Result<Self> {
        let cells: Vec<&str> = line.split(',').collect();
        ensure!(cells.len() == 8 && !line.contains('"'), "not a row: {line}");
        let day = |text: &str| -> anyhow::Result<Option<DateTime<Utc>>> {
            if text.is_empty() {
                return Ok(None);
            }
            let noon = NaiveDate::parse_from_str(text, "%m/%d/%Y")?.and_hms_opt(12, 0, 0).context("noon")?;
            Ok(Some(noon.and_utc()))
        };
        let [agent, account, stage] = [1, 3, 4].map(|cell| cells[cell].to_owned());
        Ok(Self { line: line.to_owned(), agent, account, stage, engaged: day(cells[5])?, closed: day(cells[6])? })
    }

    /// Its place in time, if it has one.
    fn occurred(&self) -> Option<DateTime<Utc>> {
        self.closed.or(self.engaged)
    }
}

/// The real files if they exist (`CRM_TEST_DATA`, or next to the workspace), otherwise similar ones: accounts and
/// pipeline.
fn files() -> anyhow::Result<(String, Vec<Row>)> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let directory = std::env::var_os("CRM_TEST_DATA").map_or_else(beside, PathBuf::from);
    let read = |name: &str| std::fs::read_to_string(directory.join(name));
    let (accounts, pipeline) = match (read("accounts.csv"), read("sales_pipeline.csv")) {
        (Ok(accounts), Ok(pipeline)) => (accounts, pipeline),
        _ => generated(),
    };
    let rows = pipeline.lines().skip(1).filter(|line| !line.is_empty()).map(Row::read);
    Ok((accounts, rows.collect::<anyhow::Result<_>>()?))
}

fn generated() -> (String, String) {
    let mut accounts = "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n".to_owned();
    let mut pipeline = HEADER.to_owned();
    for number in 0..20 {
        accounts.push_str(&format!("Account {number},technolgy,1996,1100.04,2822,Germany,\n"));
    }
    for number in 0..600 {
        let account = if number % 6 == 0 { String::new() } else { format!("Account {}", number % 20) };
        let engaged = format!("{}/{}/2017", number % 9 + 1, number % 28 + 1);
        let closed = format!("{}/{}/2017", number % 9 + 3, number % 28 + 1);
        let stage = match number % 10 {
            0..6 => format!("Won,{engaged},{closed},1054"),
            6..8 => format!("Lost,{engaged},{closed},0"),
            8 => format!("Engaging,{engaged},,"),
            _ => "Prospecting,,,".to_owned(),
        };
        pipeline.push_str(&format!("ID{number:06},Agent {},GTXPro,{account},{stage}\n", number % 7));
    }
    (accounts, pipeline)
}

/// Runs the script as its page says. Gives what it prints.
fn import(directory: &Path, port: u16) -> anyhow::Result<String> {
    let token = format!(
        "{} token --company {{company}} --user {{user}} --role {{role}} --name {{user}}",
        env!("CARGO_BIN_EXE_crm-http")
    );
    let mut script = Command::new("python3");
    script.arg(SCRIPT).current_dir(directory);
    script.args(["--url", &format!("http://127.0.0.1:{port}"), "--token-command", &token]);
    script.env("JWT_SECRET", SECRET).env("DATABASE_URL", "sqlite://unused.db");
    let done = match script.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ServerError::Missing("python3 is missing; install it with: apt-get install python3").into());
        }
        done => done?,
    };
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8(done.stdout)?)
}

async fn a_real_pipeline_is_imported_and_counted(database: TestDatabase) -> anyhow::Result<()> {
    let (accounts, all) = files()?;
    let one_of = if database.backend == Backend::Postgres { bounded(ONE_OF, 1) } else { ONE_OF };
    let rows: Vec<Row> = all.iter().step_by(one_of).cloned().collect();
    let named: Vec<&Row> = rows.iter().filter(|row| !row.account.is_empty()).collect();
    if all.len() == 8800 {
        let all_named = all.iter().filter(|row| !row.account.is_empty()).count();
        assert_eq!((all_named, all.len() - all_named), (7375, 1425), "the real file");
    }
    let directory = tempfile::tempdir()?;
    let lines: String = rows.iter().map(|row| row.line.clone() + "\n").collect();
    std::fs::write(directory.path().join("accounts.csv"), &accounts)?;
    std::fs::write(directory.path().join("sales_pipeline.csv"), HEADER.to_owned() + &lines)?;

    let environment = [
        ("DATABASE_URL", database.url.as_str()),
        ("JWT_SECRET", SECRET),
        ("MIGRATE_ON_START", "true"),
        ("RATE_LIMIT_IP", "0"),
        ("RATE_LIMIT_COMPANY", "0"),
        ("LOG_LEVEL", "warn"),
    ];
    let serving = Serving::start(&["serve"], &environment).await;
    let printed = import(directory.path(), serving.port)?;
    let created = accounts.lines().count() - 1;
    assert!(printed.contains(&format!("accounts: {created} created, 0 updated, 0 unchanged")), "{printed}");
    assert!(printed.contains(&format!("interactions: {} added, 0 there already", named.len())), "{printed}");
    assert!(printed.contains(&format!("skipped: {} rows without an account", rows.len() - named.len())), "{printed}");
    let again = import(directory.path(), serving.port)?;
    assert!(again.contains(&format!("0 created, 0 updated, {created} unchanged")), "{again}");
    assert!(again.contains(&format!("interactions: 0 added, {} there already", named.len())), "{again}");

    let token = run(&["token", "--company", "acme", "--user", "ann", "--role", "viewer"], &environment).ok();
    let viewer = serving.client().with_token(token.trim());
    records_are_as_in_the_file(&viewer, named[0]).await?;
    users_are_known(&viewer, &named).await;
    months_are_as_computed(&viewer, &named).await;
    agents_are_as_computed(&viewer, &named).await;
    all_in_all(&viewer, &named, created as u64).await;
    Ok(())
}

async fn records_are_as_in_the_file(viewer: &Client, row: &Row) -> anyhow::Result<()> {
    let found = [("system", "sales-pipeline"), ("id", &row.account)];
    let customer = viewer.get("/api/customers/by-external").query(found).await.ok();
    assert_eq!((&customer["name"], &customer["kind"]), (&json!(row.account), &json!("organization")));
    assert!(customer["customFields"]["sector"].is_string() && customer["customFields"]["yearEstablished"].is_string());
    let path = format!("/api/customers/{}/interactions", customer["id"].as_str().context("an id")?);
    let mut query = vec![("limit", "100".to_owned()), ("sort", "createdAt".to_owned())];
    let opportunity = row.line.split(',').next().context("an id")?;
    let interaction = loop {
        let page = viewer.get(&path).query(query.iter().map(|(name, value)| (*name, value.as_str()))).await.ok();
        let known = page["data"]
            .as_array()
            .context("a page")?
            .iter()
            .find(|one| one["metadata"]["opportunityId"] == opportunity);
        if let Some(known) = known {
            break known.clone();
        }
        let next = page["pagination"]["nextCursor"].as_str().context("it is not there")?;
        query = vec![("limit", "100".to_owned()), ("sort", "createdAt".to_owned()), ("cursor", next.to_owned())];
    };
    assert_eq!(interaction["owner"]["displayName"], row.agent);
    let time = |name: &str| interaction[name].as_str().map(|text| text.parse::<DateTime<Utc>>().expect("a time"));
    assert_eq!((time("scheduledAt"), time("completedAt")), (row.engaged, row.closed));
    let (status, outcome) = match row.stage.as_str() {
        "Won" => ("completed", json!("won")),
        "Lost" => ("completed", json!("lost")),
        "Engaging" => ("in_progress", Value::Null),
        _ => ("planned", Value::Null),
    };
    assert_eq!((&interaction["status"], &interaction["outcome"]), (&json!(status), &outcome));
    Ok(())
}

async fn users_are_known(viewer: &Client, named: &[&Row]) {
    let users = viewer.get("/api/users").query([("limit", "100")]).await.ok();
    let known: Vec<&str> =
        users["data"].as_array().expect("users").iter().filter_map(|user| user["displayName"].as_str()).collect();
    for row in named {
        assert!(known.contains(&row.agent.as_str()), "{} is not known", row.agent);
    }
}

/// How many there are in each month.
fn by_month(times: impl Iterator<Item = DateTime<Utc>>) -> BTreeMap<String, u64> {
    let mut months = BTreeMap::new();
    for time in times {
        *months.entry(format!("{}-{:02}-01", time.year(), time.month())).or_default() += 1;
    }
    months
}

const PERIOD: [(&str, &str); 2] = [("from", "2016-10-01"), ("to", "2017-12-31")];

async fn months_are_as_computed(viewer: &Client, named: &[&Row]) {
    let planned = by_month(named.iter().filter_map(|row| row.engaged));
    let completed = by_month(named.iter().filter_map(|row| row.closed));
    // At noon it is the same day in both.
    for zone in ["UTC", "Europe/Berlin"] {
        let query = PERIOD.into_iter().chain([("interval", "month"), ("timeZone", zone)]);
        let dashboard = viewer.get("/api/stats/dashboard").query(query).await.ok();
        let series = dashboard["series"].as_array().expect("a series");
        assert_eq!(series.len(), 15);
        let told = |name: &str| -> BTreeMap<String, u64> {
            let counts = series
                .iter()
                .map(|point| (point["date"].as_str().expect("a date"), point[name].as_u64().expect("a count")));
            counts.filter(|(_, count)| *count > 0).map(|(date, count)| (date.to_owned(), count)).collect()
        };
        assert_eq!(told("interactionsPlanned"), planned, "{zone}");
        assert_eq!(told("interactionsCompleted"), completed, "{zone}");
        assert_eq!(dashboard["totals"]["interactionsCompleted"]["current"], completed.values().sum::<u64>());
    }
    let query = PERIOD.into_iter().chain([("groupBy", "month"), ("timeZone", "UTC")]);
    let report = viewer.get("/api/stats/performance").query(query).await.ok();
    for row in report["rows"].as_array().expect("rows") {
        let month = row["month"].as_str().expect("a month");
        let ended = named.iter().filter(|row| row.closed.is_some()).filter_map(|row| row.engaged);
        let scheduled = by_month(ended).get(month).copied().unwrap_or_default();
        assert_eq!(row["completed"], scheduled, "{month}");
    }
}

async fn agents_are_as_computed(viewer: &Client, named: &[&Row]) {
    let report = viewer.get("/api/stats/performance").query(PERIOD).await.ok();
    let mut by_agent: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in named {
        by_agent.entry(&row.agent).or_default().push(row);
    }
    let rows: BTreeMap<&str, &Value> = report["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["user"]["displayName"].as_str().expect("a name"), row))
        .collect();
    let placed = |rows: &[&Row]| rows.iter().filter(|row| row.occurred().is_some()).count();
    assert_eq!(rows.len(), by_agent.values().filter(|rows| placed(rows) > 0).count());
    for (agent, of_agent) in by_agent {
        let Some(told) = rows.get(agent) else {
            continue;
        };
        assert_eq!(told["interactions"]["total"], placed(&of_agent), "{agent}");
        assert_eq!(told["interactions"]["byType"]["meeting"], placed(&of_agent), "{agent}");
        let waits: Vec<i64> =
            of_agent.iter().filter_map(|row| Some((row.closed? - row.engaged?).num_seconds())).collect();
        assert_eq!((&told["completed"], &told["cancelled"]), (&json!(waits.len()), &json!(0)), "{agent}");
        assert_eq!(told["completionRate"], if waits.is_empty() { Value::Null } else { json!(1.0) }, "{agent}");
        let mean = (!waits.is_empty()).then(|| waits.iter().sum::<i64>() as f64 / waits.len() as f64);
        let told = told["meanSecondsFromPlannedToCompleted"].as_i64();
        assert_eq!(told.is_some(), mean.is_some(), "{agent}");
        assert!(
            told.zip(mean).is_none_or(|(told, mean)| (told as f64 - mean).abs() <= 0.501),
            "{agent}: {told:?}, not {mean:?}"
        );
    }
}

async fn all_in_all(viewer: &Client, named: &[&Row], accounts: u64) {
    let stats = viewer.get("/api/stats").await.ok();
    assert_eq!(stats["customers"]["total"], accounts);
    assert_eq!(stats["customers"]["byKind"]["organization"], accounts);
    assert_eq!(stats["interactions"]["total"], named.len());
    let of = |stages: &[&str]| named.iter().filter(|row| stages.contains(&row.stage.as_str())).count();
    let by_status = &stats["interactions"]["byStatus"];
    assert_eq!(by_status["completed"], of(&["Won", "Lost"]));
    assert_eq!(by_status["in_progress"], of(&["Engaging"]));
    assert_eq!(by_status["planned"], of(&["Prospecting"]));
}
