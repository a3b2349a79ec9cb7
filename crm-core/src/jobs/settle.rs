//! What becomes of a job whose attempt has failed.

use chrono::TimeDelta;
use uuid::Uuid;

use super::model::JobState;
use super::row::{self, Model};
use crate::base::error::Result;
use crate::base::ids::JobId;
use crate::scope::jobs::{FailedJob, JobError, JobErrorKind, JobOutcome, JobPolicy};
use crate::scope::{CompanyScope, CompanyTx};

/// How long a job is kept that is done or was cancelled.
pub(super) const KEPT: TimeDelta = TimeDelta::days(7);
/// How long a dead letter is kept.
const DEAD_LETTER_KEPT: TimeDelta = TimeDelta::days(90);

/// Stores the failure of an attempt: the job waits for the next one, or it ends. Also in a closed company.
pub(super) async fn settle(
    scope: &mut CompanyScope<'_>,
    id: JobId,
    lease: Uuid,
    policy: &JobPolicy,
    error: &JobError,
) -> Result<JobOutcome> {
    if error.kind == JobErrorKind::LeaseLost {
        return Ok(JobOutcome::Lost);
    }
    scope
        .write_unchecked(async |tx| match row::locked(tx, id).await?.filter(|row| row.lease_token == Some(lease)) {
            Some(row) => settle_row(tx, row, policy, error).await,
            None => Ok(JobOutcome::Lost),
        })
        .await
}

async fn settle_row(
    tx: &mut CompanyTx<'_>,
    mut row: Model,
    policy: &JobPolicy,
    error: &JobError,
) -> Result<JobOutcome> {
    let cancels = error.kind == JobErrorKind::Cancelled || row.cancel_requested;
    let outcome = match error.kind {
        _ if cancels => JobOutcome::Cancelled,
        JobErrorKind::Interrupted | JobErrorKind::Postponed => JobOutcome::Released,
        JobErrorKind::Retry if row.attempts < row.max_attempts => JobOutcome::Retried,
        _ => JobOutcome::Failed,
    };
    if matches!(outcome, JobOutcome::Cancelled | JobOutcome::Failed) {
        let code = if cancels { "cancelled" } else { error.code() };
        tx.tell_failed(&row.kind, &FailedJob { payload: &row.payload, code }).await;
    }
    match outcome {
        JobOutcome::Cancelled => {
            let entry = row.end(JobState::Cancelled, "cancelled", tx.now(), KEPT);
            tx.record_change(entry);
        }
        JobOutcome::Failed => {
            let entry = row.end(JobState::Failed, "failed", tx.now(), DEAD_LETTER_KEPT);
            tx.record_change(entry);
        }
        // The job is as it was: no event tells of an attempt.
        outcome => {
            let delay = match outcome {
                JobOutcome::Released => TimeDelta::zero(),
                _ => delay(policy, row.attempts, random(tx)),
            };
            row.go(JobState::Waiting, "updated", tx.now());
            row.run_at = (tx.now() + delay).max(error.not_before.unwrap_or(tx.now()));
            row.due_at = Some(row.run_at);
            row.attempts -= i64::from(outcome == JobOutcome::Released);
        }
    }
    if outcome != JobOutcome::Cancelled && error.kind != JobErrorKind::Interrupted {
        row.last_error = Some(error.code().to_owned());
    }
    tx.execute(&row::update(&row)).await?;
    if matches!(outcome, JobOutcome::Retried | JobOutcome::Released) {
        tx.push_jobs(&[row.queued()]).await?;
    }
    Ok(outcome)
}

/// A random number from 0 to 1.
fn random(tx: &CompanyTx<'_>) -> f64 {
    let mut bytes = [0; 4];
    tx.crm().0.source.randomness.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

/// The delay after this many attempts: a random part of a limit that doubles, so that jobs that failed together do not
/// come back together.
fn delay(policy: &JobPolicy, attempts: i64, random: f64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 32) - 1).unwrap_or_default();
    let limit = policy.first_delay.saturating_mul(2_u32.saturating_pow(doublings)).min(policy.longest_delay);
    let micros = u64::try_from(limit.mul_f64(random.clamp(0.0, 1.0)).as_micros()).unwrap_or(u64::MAX);
    TimeDelta::microseconds(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;

    use super::delay;
    use crate::scope::jobs::JobPolicy;

    #[test]
    fn delays_double_up_to_their_limit() {
        let policy = JobPolicy { first_delay: Duration::from_secs(10), ..JobPolicy::default() };
        let longest = |attempts| delay(&policy, attempts, 1.0);
        assert_eq!([1, 2, 3].map(longest), [10, 20, 40].map(TimeDelta::seconds));
        assert_eq!(longest(9), TimeDelta::seconds(2_560));
        assert_eq!([10, 33, i64::MAX].map(longest), [TimeDelta::hours(1); 3]);
        assert_eq!(delay(&policy, 3, 0.0), TimeDelta::zero());
        assert_eq!(delay(&policy, 3, 0.5), TimeDelta::seconds(20));
    }
}
