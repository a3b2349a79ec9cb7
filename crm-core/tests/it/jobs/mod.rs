//! Jobs: enqueued with their cause, run at least once, and each effect once.

mod fairness;
mod hosts;
mod killed;
mod queue;
mod rights;
mod schedules;
mod trying;

pub use killed::work_if_asked;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use crm_core::actor::Actor;
use crm_core::customers::NewCustomer;
use crm_core::jobs::{Job, JobDone, JobError, JobHandler, JobOptions, JobPolicy, NewJob, RunningJob};
use crm_core::{CompanyScope, Crm, CrmBuilder};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};
use tokio::sync::Notify;

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    queue::register(suite);
    trying::register(suite);
    rights::register(suite);
    schedules::register(suite);
    hosts::register(suite);
    fairness::register(suite);
    killed::register(suite);
}

const KIND: &str = "test.work";

/// What a job of the tests does: its effect is a customer of this name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Work {
    name: String,
    /// So many attempts fail.
    failures: u32,
    gives_up: bool,
    panics: bool,
    /// The first attempt waits until it is let go.
    waits: bool,
}

impl Work {
    fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    fn job(&self) -> NewJob {
        NewJob::new(KIND, json!(self))
    }
}

/// Does the work, and writes down what it does.
#[derive(Clone, Default)]
struct Worker {
    log: Arc<Mutex<Vec<String>>>,
    begun: Arc<Notify>,
    go: Arc<Notify>,
}

impl Worker {
    fn say(&self, what: &str, name: &str) {
        self.log.lock().unwrap().push(format!("{what} {name}"));
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

#[async_trait]
impl JobHandler for Worker {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { max_attempts: 3, first_delay: Duration::from_secs(10), ..JobPolicy::default() }
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let work: Work = job.payload()?;
        self.say("begin", &work.name);
        assert!(!work.panics, "as it was told to");
        job.progress(50, Some("half of it")).await?;
        if work.waits && job.attempt() == 1 {
            self.begun.notify_one();
            self.go.notified().await;
        }
        if work.gives_up {
            return Err(JobError::give_up("hopeless"));
        }
        if job.attempt() <= work.failures {
            return Err(JobError::retry("not_yet"));
        }
        let mut tx = job.begin().await?;
        tx.scope().customers().create(NewCustomer::organization(&work.name)).await?;
        let done = tx.complete(json!({ "name": work.name })).await?;
        self.say("end", &work.name);
        Ok(done)
    }
}

/// A company, with workers on a clock of their own.
struct World {
    crm: TestCrm,
    worker: Worker,
    clock: FixedClock,
    options: JobOptions,
}

impl World {
    fn new(database: &TestDatabase) -> Self {
        Self::with(database, Crm::builder())
    }

    fn with(database: &TestDatabase, builder: CrmBuilder) -> Self {
        let (worker, clock) = (Worker::default(), FixedClock::default());
        let crm = TestCrm::with(database, builder.clock(clock.clone()).job_handler(worker.clone()));
        let options = JobOptions { parallel: 8, of_company: Some(4), ..JobOptions::default() };
        Self { crm, worker, clock, options }
    }

    fn system(&self) -> CompanyScope<'static> {
        self.crm.crm.on(Actor::system(self.crm.company), &self.crm.db)
    }

    async fn enqueue(&self, job: NewJob) -> crm_core::Result<Job> {
        self.system().jobs().enqueue(job).await
    }

    async fn get(&self, job: &Job) -> crm_core::Result<Job> {
        self.system().jobs().get(job.id).await
    }

    /// Runs what is due, and gives the number of attempts.
    async fn run(&self) -> crm_core::Result<u64> {
        self.crm.crm.run_due_jobs(&self.crm.db, &self.options).await
    }

    /// The same in the background.
    fn run_aside(&self) -> tokio::task::JoinHandle<crm_core::Result<u64>> {
        let (crm, db, options) = (self.crm.crm.clone(), self.crm.db.clone(), self.options.clone());
        tokio::spawn(async move { crm.run_due_jobs(&db, &options).await })
    }

    /// The names of the company's customers, sorted: the effects.
    async fn effects(&self) -> crm_core::Result<Vec<String>> {
        let mut names = self.crm.names(&Default::default()).await?;
        names.sort();
        Ok(names)
    }

    fn clock_now(&self) -> chrono::DateTime<chrono::Utc> {
        crm_core::clock::Clock::now(&self.clock)
    }

    /// Another process with the same clock and handler.
    fn other_process(&self) -> Crm {
        Crm::builder().clock(self.clock.clone()).job_handler(self.worker.clone()).build()
    }

    /// The types of the events of jobs, in their order.
    async fn events(&self) -> anyhow::Result<Vec<String>> {
        let feed = self.system().events().after(None, 1_000).await?;
        let types = feed.events.into_iter().map(|(_, event)| event.event_type);
        Ok(types.filter(|name| name.starts_with("crm.job.")).collect())
    }
}

/// A connection for looks at all companies, which the check of statements does not see.
pub async fn aside(database: &TestDatabase) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(&database.url);
    options.max_connections(2).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::from_secs(60)));
    Ok(Database::connect(options).await?)
}

/// One number of the database.
pub async fn number(db: &DatabaseConnection, sql: &str) -> anyhow::Result<i64> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.ok_or_else(|| anyhow::anyhow!("no row"))?.try_get_by_index(0)?)
}

fn result_of(job: &Job) -> &Value {
    job.result.as_ref().expect("a result")
}
