//! The ports of jobs: what a host plugs in, and what the registry of a [`Crm`](super::Crm) holds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::{CompanyScope, CompanyTx, Crm};
use crate::base::error::{Conflict, Error, Result};
use crate::base::ids::{CompanyId, JobId};

/// Does the jobs of one kind. Passed to [`CrmBuilder::job_handler`](crate::CrmBuilder::job_handler).
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// The kind, the same in all versions of the program: `crm.recount`.
    fn kind(&self) -> &'static str;

    /// How often and when jobs of this kind are tried again.
    fn policy(&self) -> JobPolicy {
        JobPolicy::default()
    }

    /// Until when no job of this kind is worth trying, because what they all need is known to be away. Until then they
    /// wait untouched, however many they are. Never by default.
    fn rests_until(&self, crm: &Crm) -> Option<DateTime<Utc>> {
        let _ = crm;
        None
    }

    /// Does one job. It may run several times, also at once with an attempt that was believed dead: only what is
    /// written between [`RunningJob::begin`] and [`JobTx::complete`](crate::jobs::JobTx::complete) happens once.
    ///
    /// The future is dropped at an await point if the job is cancelled, if its time is over, or if the process ends.
    ///
    /// # Errors
    /// [`JobError::retry`] to be tried again, [`JobError::give_up`] to become a dead letter at once.
    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError>;

    /// A job has failed for good, or was cancelled. Called in the transaction that stores so, with all rights of the
    /// system, so that what waits for the job can be told in it. By default nothing is done.
    ///
    /// # Errors
    /// An error undoes what was written here, and is logged; the job has failed all the same.
    async fn failed(&self, scope: &mut CompanyScope<'_>, failed: &FailedJob<'_>) -> Result<()> {
        let _ = (scope, failed);
        Ok(())
    }
}

/// A job that has failed for good, or was cancelled.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct FailedJob<'j> {
    /// The payload.
    pub payload: &'j Value,
    /// The code of the error; `cancelled` if the job was cancelled.
    pub code: &'j str,
}

impl fmt::Debug for FailedJob<'_> {
    /// Prints no payload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedJob").field("code", &self.code).finish_non_exhaustive()
    }
}

/// How often and when jobs are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobPolicy {
    /// The number of attempts after which a job is a dead letter; 12 by default.
    pub max_attempts: u32,
    /// The longest delay before the second attempt; it doubles with each further one. Ten seconds by default.
    pub first_delay: Duration,
    /// The limit of that delay; an hour by default. The delay itself is random, between zero and this.
    pub longest_delay: Duration,
    /// How long one attempt may take before it is broken off and counts as failed; an hour by default.
    pub time_limit: Duration,
    /// Whether administrators may start jobs of this kind themselves; not by default.
    pub on_request: bool,
}

impl Default for JobPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 12,
            first_delay: Duration::from_secs(10),
            longest_delay: Duration::from_secs(60 * 60),
            time_limit: Duration::from_secs(60 * 60),
            on_request: false,
        }
    }
}

/// A job that runs, as its handler sees it.
pub struct RunningJob {
    pub(crate) scope: CompanyScope<'static>,
    pub(crate) id: JobId,
    pub(crate) kind: String,
    pub(crate) record: Option<String>,
    pub(crate) payload: Value,
    pub(crate) attempt: u32,
    pub(crate) lease: Lease,
}

impl fmt::Debug for RunningJob {
    /// Prints no payload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningJob").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The right to run a job until a time, which grows as long as the worker lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub token: Uuid,
    pub lasts: Duration,
}

/// The proof that a job's completion was written. Obtained from [`JobTx::complete`](crate::jobs::JobTx::complete).
#[derive(Debug)]
pub struct JobDone(pub(crate) ());

/// Why an attempt at a job failed.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct JobError {
    code: &'static str,
    pub(crate) kind: JobErrorKind,
    /// No attempt before this time.
    pub(crate) not_before: Option<DateTime<Utc>>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobErrorKind {
    Retry,
    /// Nothing was tried: the attempt does not count.
    Postponed,
    GiveUp,
    /// The job was cancelled, by an actor who may.
    Cancelled,
    /// The process ends: the attempt does not count.
    Interrupted,
    /// Another worker has the job, or it has ended.
    LeaseLost,
}

impl JobError {
    pub(crate) const fn new(code: &'static str, kind: JobErrorKind) -> Self {
        Self { code, kind, not_before: None, source: None }
    }

    /// The job is to be tried again. `code` is stored and shown: it names the cause, as `smtp_unavailable`.
    #[must_use]
    pub const fn retry(code: &'static str) -> Self {
        Self::new(code, JobErrorKind::Retry)
    }

    /// Nothing could be tried yet. The job waits until this time, and the attempt does not count.
    #[must_use]
    pub const fn postpone(code: &'static str, until: DateTime<Utc>) -> Self {
        Self { code, kind: JobErrorKind::Postponed, not_before: Some(until), source: None }
    }

    /// There is no attempt before this time, as when a service asks to be called later.
    #[must_use]
    pub fn not_before(self, time: DateTime<Utc>) -> Self {
        Self { not_before: Some(time), ..self }
    }

    /// Another attempt would fail as well: the job becomes a dead letter.
    #[must_use]
    pub const fn give_up(code: &'static str) -> Self {
        Self::new(code, JobErrorKind::GiveUp)
    }

    /// Adds the cause, which is logged and never stored.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The code of the cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl From<Error> for JobError {
    /// What another attempt cannot mend is given up.
    fn from(error: Error) -> Self {
        let of = match &error {
            Error::NotFound { .. } => Self::give_up("not_found"),
            Error::CustomerMerged { .. } => Self::give_up("customer_merged"),
            Error::ChangedSinceMerge(_) => Self::give_up("changed_since_merge"),
            Error::Conflict(Conflict::IdempotencyKeyInUse) => Self::retry(Conflict::IdempotencyKeyInUse.code()),
            Error::Conflict(conflict) => Self::give_up(conflict.code()),
            Error::PossibleDuplicate { .. } => Self::give_up("possible_duplicate"),
            Error::ErasureRefused { .. } => Self::give_up("erasure_refused"),
            Error::Stale { .. } => Self::retry("version_mismatch"),
            Error::Invalid(_) => Self::give_up("invalid"),
            Error::Malformed(malformed) => Self::give_up(malformed.code),
            Error::Forbidden { .. } => Self::give_up("forbidden"),
            Error::CompanyClosed { .. } => Self::retry("company_closed"),
            Error::CompanyBusy => Self::retry("company_busy"),
            Error::Unavailable(_) => Self::retry("unavailable"),
            Error::Internal(_) => Self::retry("internal"),
        };
        of.with_source(error)
    }
}

/// A job as a host's queue is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedJob {
    /// The company.
    pub company: CompanyId,
    /// The job.
    pub id: JobId,
    /// The kind.
    pub kind: String,
    /// Jobs of one record run one at a time.
    pub record: Option<String>,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
}

/// A queue of the host, which decides where and when jobs run. The table of jobs stays the record of them. Passed to
/// [`CrmBuilder::job_queue`](crate::CrmBuilder::job_queue).
///
/// What takes a job off that queue calls [`Crm::run_job`](crate::Crm::run_job). A job may be run too early, twice or by
/// two processes at once: it then runs when it may, and its effect happens once.
#[async_trait]
pub trait JobQueue: Send + Sync + 'static {
    /// Takes jobs that have to run, also those that are tried again. Called in the transaction that makes them wait, so
    /// that a queue in the same database has a job if and only if the transaction commits. A queue elsewhere uses the
    /// events `crm.job.enqueued` instead.
    ///
    /// # Errors
    /// An error fails the transaction.
    async fn push(&self, tx: &DatabaseTransaction, jobs: &[QueuedJob]) -> Result<()>;
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobOutcome {
    /// The job is done.
    Done,
    /// It failed, and is tried again.
    Retried,
    /// It failed for good: it is a dead letter.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It was given back, because the process ends, or was put off without an attempt.
    Released,
    /// Another worker has it, or nothing could be written.
    Lost,
}

/// The jobs that wait, over all companies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobBacklog {
    /// The number of due jobs that do not run.
    pub waiting: u64,
    /// How long the oldest of them has been due.
    pub oldest: Duration,
}

/// Is told what workers do, for metrics. Passed in [`JobOptions`](crate::jobs::JobOptions).
pub trait JobObserver: Send + Sync + 'static {
    /// An attempt has ended.
    fn ended(&self, kind: &str, outcome: JobOutcome, took: Duration);

    /// A look at all companies found this.
    fn waiting(&self, backlog: JobBacklog);
}

/// Something that becomes due by the clock and needs no job to be found: workers look for it before they look for jobs.
#[async_trait]
pub(crate) trait Alarm: Send + Sync + 'static {
    /// Does what is due in all companies. Several workers may do so at once.
    async fn ring(&self, crm: &Crm, db: &DatabaseConnection) -> Result<()>;
}

/// The handlers and the queue of a [`Crm`](super::Crm).
#[derive(Default)]
pub(crate) struct JobRegistry {
    pub handlers: BTreeMap<&'static str, Arc<dyn JobHandler>>,
    pub queue: Option<Box<dyn JobQueue>>,
    pub alarms: Vec<Box<dyn Alarm>>,
    /// The number of requests to cancel a running job: wakes the workers of this process.
    pub cancelled: watch::Sender<u64>,
}

impl CompanyTx<'_> {
    /// Tells the handler of a job that has failed for good or was cancelled. To be called before the job's own row is
    /// written, so that no other transaction that holds the record waits for it.
    pub(crate) async fn tell_failed(&mut self, kind: &str, failed: &FailedJob<'_>) {
        let Some(handler) = self.crm().0.jobs.handlers.get(kind).cloned() else { return };
        if let Err(error) = handler.failed(&mut self.scope(), failed).await {
            tracing::warn!(kind, error = &error as &dyn std::error::Error, "a failed job could not be told of");
        }
    }

    /// Tells the host's queue of jobs that wait, if there is one.
    pub(crate) async fn push_jobs(&self, jobs: &[QueuedJob]) -> Result<()> {
        match &self.crm().0.jobs.queue {
            Some(queue) if !jobs.is_empty() => queue.push(&self.tx, jobs).await,
            _ => Ok(()),
        }
    }
}
