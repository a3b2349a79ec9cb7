//! Runs one job that a worker has taken: extends its lease, and stores what became of it.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use uuid::Uuid;

use super::row::Model;
use super::settle::settle;
use super::worker::JobOptions;
use crate::base::ids::CompanyId;
use crate::scope::Crm;
use crate::scope::actor::Actor;
use crate::scope::jobs::{JobDone, JobError, JobErrorKind, JobHandler, JobOutcome, Lease, RunningJob};

/// How often a lease is extended while it lasts.
const BEATS: u32 = 6;
/// How long a handler has to return whose job has ended.
const RETURNS_WITHIN: Duration = Duration::from_millis(500);

const INTERRUPTED: JobError = JobError::new("interrupted", JobErrorKind::Interrupted);

type Attempt = Result<Result<JobDone, JobError>, JoinError>;

/// What an attempt needs.
pub(super) struct Attendant {
    pub crm: Crm,
    pub db: DatabaseConnection,
    pub options: Arc<JobOptions>,
    /// Becomes true when running jobs have to be given back.
    pub stopping: watch::Receiver<bool>,
}

impl Attendant {
    /// Runs the job, which this process has a lease for.
    pub(super) async fn attend(mut self, row: Model) -> JobOutcome {
        let (kind, id, began) = (row.kind.clone(), row.id, Instant::now());
        let outcome = match self.crm.0.jobs.handlers.get(kind.as_str()).cloned() {
            Some(handler) => self.attempt(handler, row).await,
            None => JobOutcome::Lost,
        };
        if let Some(observer) = &self.options.observer {
            observer.ended(&kind, outcome, began.elapsed());
        }
        tracing::debug!(job.id = %id, kind, ?outcome, "an attempt at a job has ended");
        outcome
    }

    async fn attempt(&mut self, handler: Arc<dyn JobHandler>, row: Model) -> JobOutcome {
        let (policy, company, id) = (handler.policy(), CompanyId(row.company_id), row.id);
        let Some(token) = row.lease_token else { return JobOutcome::Lost };
        // Only a job whose worker has died is taken with too many attempts.
        let error = if row.cancel_requested {
            JobError::new("cancelled", JobErrorKind::Cancelled)
        } else if row.attempts > row.max_attempts {
            JobError::give_up("lease_expired")
        } else {
            match self.run(handler, policy.time_limit, (row, token)).await {
                Ok(JobDone(())) => return JobOutcome::Done,
                Err(error) => error,
            }
        };
        let mut scope = self.crm.on(Actor::system(company), &self.db);
        let settled = settle(&mut scope, id.into(), token, &policy, &error).await;
        let cause = &error as &dyn std::error::Error;
        match settled {
            Ok(JobOutcome::Failed) => tracing::error!(job.id = %id, error = cause, "a job has failed for good"),
            Ok(JobOutcome::Retried) => {
                tracing::warn!(job.id = %id, error = cause, "a job has failed and is tried again")
            }
            Ok(_) => {}
            Err(trouble) => {
                let trouble = &trouble as &dyn std::error::Error;
                tracing::warn!(job.id = %id, error = trouble, "a job is tried again when its lease has ended");
                return JobOutcome::Lost;
            }
        }
        settled.unwrap_or(JobOutcome::Lost)
    }

    async fn run(
        &mut self,
        handler: Arc<dyn JobHandler>,
        time_limit: Duration,
        (row, token): (Model, Uuid),
    ) -> Result<JobDone, JobError> {
        let lasts = self.options.lease;
        let keeper = self.running(&row, token, Value::Null);
        let mut job = self.running(&row, token, row.payload.clone());
        let mut cancelled = self.crm.0.jobs.cancelled.subscribe();
        let mut task = Task(tokio::spawn(async move { handler.run(&mut job).await }));
        let (mut held_until, mut over) = (Instant::now() + lasts, std::pin::pin!(sleep(time_limit)));
        let period = (lasts / BEATS).max(Duration::from_millis(1));
        let mut beat = interval_at(Instant::now() + period, period);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let error = loop {
            tokio::select! {
                ended = &mut task.0 => return result(ended),
                _ = beat.tick() => {}
                _ = cancelled.changed() => {}
                () = &mut over => break JobError::retry("timed_out"),
                _ = self.stopping.wait_for(|stops| *stops) => break INTERRUPTED,
            }
            match keeper.renew().await {
                Ok(()) => held_until = Instant::now() + lasts,
                Err(error) if error.kind == JobErrorKind::LeaseLost => {
                    // Usually the handler has just completed the job.
                    match timeout(RETURNS_WITHIN, &mut task.0).await {
                        Ok(ended) => return result(ended),
                        Err(_) => break error,
                    }
                }
                Err(error) if error.kind == JobErrorKind::Cancelled => break error,
                Err(_) if Instant::now() >= held_until => {
                    break JobError::new("lease_lost", JobErrorKind::LeaseLost);
                }
                Err(_) => {}
            }
        };
        // Nothing of it runs any more when the job is given to others.
        task.0.abort();
        match (&mut task.0).await {
            Ok(Ok(done)) => Ok(done),
            _ => Err(error),
        }
    }

    fn running(&self, row: &Model, token: Uuid, payload: Value) -> RunningJob {
        RunningJob {
            scope: self.crm.on(Actor::system(CompanyId(row.company_id)), &self.db),
            id: row.id.into(),
            kind: row.kind.clone(),
            record: row.record.clone(),
            payload,
            attempt: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            lease: Lease { token, lasts: self.options.lease },
        }
    }
}

fn result(ended: Attempt) -> Result<JobDone, JobError> {
    ended.unwrap_or_else(|_| Err(JobError::retry("panicked")))
}

/// A task that ends with what waits for it.
struct Task(JoinHandle<Result<JobDone, JobError>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
