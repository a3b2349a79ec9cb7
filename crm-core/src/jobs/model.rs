//! A job, and its states.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::ids::{JobId, JobScheduleId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

string_enum! {
    /// The state of a job.
    JobState {
        /// It waits for its time, for its turn, or for another attempt.
        Waiting = "waiting",
        /// A worker runs it.
        Running = "running",
        /// Its effect has happened.
        Done = "done",
        /// It failed for good: a dead letter, which can be retried.
        Failed = "failed",
        /// It was cancelled, and has no effect.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// Whether a job in this state can still have an effect.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// A job: work that follows a write, or that is done at its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Job {
    /// The id.
    pub id: JobId,
    /// Counts the changes of its state, from 1.
    pub version: i64,
    /// The kind: `crm.recount`.
    pub kind: String,
    /// The state.
    pub state: JobState,
    /// What the job is about, if order matters: jobs of one record run one at a time, in the order in which they were
    /// enqueued.
    pub record: Option<String>,
    /// The key, if there is at most one waiting or running job of its kind with it.
    pub unique_key: Option<String>,
    /// How much is done, in percent.
    pub progress: i64,
    /// What the job is doing.
    pub message: Option<String>,
    /// Whether a running job has been asked to stop.
    pub cancel_requested: bool,
    /// The number of attempts so far.
    pub attempts: i64,
    /// The number of attempts after which it fails for good.
    pub max_attempts: i64,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
    /// The beginning of the last attempt.
    pub started_at: Option<DateTime<Utc>>,
    /// The time at which it was done, failed for good, or was cancelled.
    pub finished_at: Option<DateTime<Utc>>,
    /// The code of the last failure.
    pub last_error: Option<String>,
    /// What came of it; depends on the kind.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub result: Option<Value>,
    /// The schedule that enqueued it.
    pub schedule_id: Option<JobScheduleId>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// The last change of its state.
    pub updated_at: DateTime<Utc>,
    /// Who enqueued it.
    pub created_by: ActorRef,
}
