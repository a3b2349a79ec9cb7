//! Metrics of jobs.

use std::time::Duration;

use crm_core::jobs::{JobBacklog, JobObserver, JobOutcome};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const WAITING: &str = "crm_jobs_waiting";
const OLDEST: &str = "crm_jobs_oldest_seconds";
const JOBS: &str = "crm_jobs_total";
const FAILURES: &str = "crm_job_failures_total";
const DURATION: &str = "crm_job_duration_seconds";

pub(super) fn describe() {
    describe_gauge!(WAITING, Unit::Count, "Jobs of all companies that are due and do not run");
    describe_gauge!(OLDEST, Unit::Seconds, "How long the oldest of them has been due");
    describe_counter!(JOBS, Unit::Count, "Attempts at jobs of this instance, by kind and outcome");
    describe_counter!(FAILURES, Unit::Count, "Attempts at jobs of this instance that failed, by kind");
    describe_histogram!(DURATION, Unit::Seconds, "How long attempts at jobs took, by kind");
}

/// Records what workers do. Kinds are those of handlers, so the number of series is bounded.
pub(super) struct Recorded;

impl JobObserver for Recorded {
    fn ended(&self, kind: &str, outcome: JobOutcome, took: Duration) {
        let kind: std::sync::Arc<str> = kind.into();
        counter!(JOBS, "kind" => kind.clone(), "outcome" => name(outcome)).increment(1);
        if matches!(outcome, JobOutcome::Retried | JobOutcome::Failed) {
            counter!(FAILURES, "kind" => kind.clone()).increment(1);
        }
        histogram!(DURATION, "kind" => kind).record(took);
    }

    fn waiting(&self, backlog: JobBacklog) {
        // Values above 2^53 lose precision.
        #[expect(clippy::cast_precision_loss, reason = "no table has that many rows")]
        gauge!(WAITING).set(backlog.waiting as f64);
        gauge!(OLDEST).set(backlog.oldest.as_secs_f64());
    }
}

const fn name(outcome: JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Done => "done",
        JobOutcome::Retried => "retried",
        JobOutcome::Failed => "failed",
        JobOutcome::Cancelled => "cancelled",
        JobOutcome::Released => "released",
        _ => "lost",
    }
}
