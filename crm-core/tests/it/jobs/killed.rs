//! Worker processes are killed again and again: each job's effect happens once.

use std::env;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::customers::NewCustomer;
use crm_core::ids::CompanyId;
use crm_core::jobs::{JobDone, JobError, JobHandler, JobOptions, JobPolicy, NewJob, RunningJob};
use crm_core::notes::NewNote;
use sea_orm::{ConnectOptions, Database};
use testkit::{Suite, TestDatabase, bounded, eventually};
use uuid::Uuid;

use super::{aside, number};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [each_effect_happens_once_however_often_workers_are_killed]);
}

/// This test program is a worker if it is started with the URL of a database.
const URL: &str = "CRM_TEST_JOB_WORKER";
const KIND: &str = "test.killed";
const WORKERS: usize = 3;
const COMPANIES: u128 = 3;
/// Jobs of each company that are added before each kill.
const ADDED: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

struct Killed;

#[async_trait]
impl JobHandler for Killed {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> JobPolicy {
        let delay = Duration::from_millis(10);
        JobPolicy { max_attempts: 1_000, first_delay: delay, longest_delay: delay, ..JobPolicy::default() }
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let name: String = job.payload()?;
        job.progress(10, None).await?;
        let mut tx = job.begin().await?;
        let customer = tx.scope().customers().create(NewCustomer::organization(name)).await?;
        tx.scope().notes(customer.id).create(NewNote::text("made by a job")).await?;
        tx.complete(serde_json::Value::Null).await
    }
}

/// Works until it is killed, if this process was started for that.
pub fn work_if_asked() -> Option<ExitCode> {
    let url = env::var(URL).ok()?;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut options = ConnectOptions::new(url);
        options.max_connections(6).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::from_secs(60)));
        let db = Database::connect(options).await.expect("a database");
        let options = JobOptions {
            parallel: 4,
            lease: Duration::from_secs(1),
            look_every: Duration::from_millis(50),
            ..JobOptions::default()
        };
        Crm::builder().job_handler(Killed).build().run_jobs(&db, &options, std::future::pending()).await;
    });
    Some(ExitCode::SUCCESS)
}

/// A process that is killed when it is dropped: without a chance to tidy up.
struct Worker(Child);

impl Worker {
    fn start(url: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        Ok(Self(command.env(URL, url).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn each_effect_happens_once_however_often_workers_are_killed(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, db, aside) = (Crm::default(), &database.connection, &aside(&database).await?);
    let done = async || number(aside, "SELECT count(*) FROM crm_jobs WHERE state = 'done'").await.unwrap_or_default();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Worker::start(&database.url)?);
    }
    let (mut added, kills) = (0, bounded(25, 50));
    for kill in 0..kills {
        let before = done().await;
        for company in 1..=COMPANIES {
            let company = CompanyId(Uuid::from_u128(company));
            // Half of them are about one record, and run in order.
            let job = |number: usize| {
                let job = NewJob::new(KIND, format!("{}", added + number));
                if number.is_multiple_of(2) { job.of_record("record") } else { job }
            };
            let jobs = (0..ADDED).map(job).collect();
            crm.on(Actor::system(company), db).jobs().enqueue_all(jobs).await?;
            added += ADDED;
        }
        // As soon as something is done: other jobs are then at any point.
        assert!(eventually(PATIENCE, async || done().await > before).await, "nothing is done: kill {kill}");
        workers[kill % WORKERS] = Worker::start(&database.url)?;
    }
    let all = i64::try_from(added)?;
    assert!(eventually(PATIENCE, async || done().await == all).await, "{} of {all} are done", done().await);
    let attempts = number(aside, "SELECT CAST(sum(attempts) AS BIGINT) FROM crm_jobs").await?;
    eprintln!("{}: {kills} kills, {all} jobs, {attempts} attempts", database.backend);
    assert!(attempts > all, "no job was interrupted");
    for (what, sql) in [
        ("effects", "SELECT count(*) FROM crm_customers"),
        ("different effects", "SELECT count(DISTINCT name) FROM crm_customers"),
        ("second halves", "SELECT count(DISTINCT customer_id) FROM crm_customer_notes"),
        ("completions", "SELECT count(*) FROM crm_outbox WHERE event_type = 'crm.job.completed'"),
    ] {
        assert_eq!(number(aside, sql).await?, all, "{what}");
    }
    in_order(db, added).await
}

/// The jobs of a record have had their effects in the order in which they were enqueued.
async fn in_order(db: &sea_orm::DatabaseConnection, added: usize) -> anyhow::Result<()> {
    use sea_orm::{ConnectionTrait, Statement};
    for company in 1..=COMPANIES {
        let sql = "SELECT payload FROM crm_jobs WHERE company_id = $1 AND record = 'record' \
                   ORDER BY finished_at";
        let values = [Uuid::from_u128(company).into()];
        let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
        let payloads = rows.iter().map(|row| row.try_get::<serde_json::Value>("", "payload"));
        let payloads = payloads.collect::<Result<Vec<_>, _>>()?;
        let numbers: Vec<usize> = payloads.iter().filter_map(|text| text.as_str()?.parse().ok()).collect();
        assert!(numbers.len() == added / 2 / usize::try_from(COMPANIES)? && numbers.is_sorted(), "{numbers:?}");
    }
    Ok(())
}
