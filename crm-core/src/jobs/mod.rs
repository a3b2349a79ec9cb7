//! Jobs: work that must not hold up a request, or that happens later.
//!
//! A job is enqueued in the transaction of its cause ([`Jobs::enqueue`]), also in a host's: if that is rolled back, the
//! job has never been there. Workers of any process ([`Crm::run_jobs`](crate::Crm::run_jobs)) take due jobs from the
//! table and call the [`JobHandler`] of their kind.
//!
//! - A job runs **at least once**, and its effect happens **once**: what a handler writes between
//!   [`RunningJob::begin`] and [`JobTx::complete`] is committed together with the job's completion, and only if the
//!   worker still has its lease. For effects outside of the database the job's id is the key.
//! - The lease of a worker that has died ends after a while; then another worker runs the job.
//! - Jobs of one [`record`](NewJob::of_record) run one at a time, in the order in which they were enqueued; also while
//!   one of them waits for another attempt. All others run at once.
//! - At most one job of a kind waits or runs for a [`unique`](NewJob::unique) key.
//! - Companies take turns: a company with many jobs does not delay those of another.
//! - A failed job is tried again after a random delay whose limit doubles ([`JobPolicy`]). After the last attempt it is
//!   a dead letter: it stays for 90 days, and can be retried. Jobs that are done or were cancelled stay for 7 days.
//! - Jobs of a suspended company wait.
//! - [Schedules](JobSchedule) enqueue jobs by the clock, in the time zone of the company.
//!
//! ```
//! use async_trait::async_trait;
//! use crm_core::Crm;
//! use crm_core::actor::Actor;
//! use crm_core::customers::NewCustomer;
//! use crm_core::ids::CompanyId;
//! use crm_core::jobs::{JobDone, JobError, JobHandler, JobOptions, JobState, NewJob, RunningJob};
//! use serde_json::json;
//!
//! struct Welcome;
//!
//! #[async_trait]
//! impl JobHandler for Welcome {
//!     fn kind(&self) -> &'static str {
//!         "erp.welcome"
//!     }
//!
//!     async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
//!         let name: String = job.payload()?;
//!         // What takes long comes first, outside of a transaction.
//!         let mut tx = job.begin().await?;
//!         tx.scope().customers().create(NewCustomer::organization(name)).await?;
//!         tx.complete(json!({ "customers": 1 })).await
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! # migration::up(&db).await?;
//! let crm = Crm::builder().job_handler(Welcome).build();
//! let mut scope = crm.on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
//! let job = scope.jobs().enqueue(NewJob::new("erp.welcome", "Lee & Co")).await?;
//! assert_eq!(crm.run_due_jobs(&db, &JobOptions::default()).await?, 1);
//! assert_eq!(scope.jobs().get(job.id).await?.state, JobState::Done);
//! # Ok(()) }
//! ```

mod alarms;
mod claim;
mod cron;
mod dialect;
mod enqueue;
mod input;
mod model;
mod recount;
mod repo;
mod row;
mod run;
mod running;
mod schedules;
mod settle;
mod worker;

pub(crate) use alarms::{companies_with_due, note_failure};
pub(crate) use claim::delete_expired;
pub use enqueue::MAX_JOBS;
pub(crate) use enqueue::enqueue;
pub use input::NewJob;
pub use model::{Job, JobState};
pub use recount::Recount;
pub use repo::{JobQuery, Jobs};
pub(crate) use repo::{ensure_visible, is_unfinished, is_within_reach};
pub use running::JobTx;
pub use schedules::{JobSchedule, JobSchedulePatch, MAX_SCHEDULES, NewJobSchedule};
pub(crate) use schedules::{ensure_scheduled, reschedule};
pub use worker::JobOptions;
pub(crate) use worker::{run_due_jobs, run_job, run_jobs};

pub use crate::scope::jobs::{
    FailedJob, JobBacklog, JobDone, JobError, JobHandler, JobObserver, JobOutcome, JobPolicy, JobQueue, QueuedJob,
    RunningJob,
};

crate::scope::company_owned!(row, Id, Version);
