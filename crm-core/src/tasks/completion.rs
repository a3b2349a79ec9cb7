//! The input for completing a task.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use validator::Validate;

use super::model::{Task, TaskStatus};
use super::validate;
use crate::base::error::{Error, Result, Violations};
use crate::base::hex::hex;
use crate::base::rights::ActorRef;
use crate::base::{text, validation};

/// The maximum clock skew accepted for the time of completion.
const MAX_SKEW: TimeDelta = TimeDelta::minutes(1);

/// The result of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskCompletion {
    /// The result; up to 2,000 characters.
    #[validate(length(max = 2_000))]
    #[cfg_attr(feature = "openapi", schema(example = "Sent on Friday", max_length = 2_000))]
    pub result: Option<String>,
    /// The time of completion, not in the future; now if absent.
    #[validate(custom(function = validate::time))]
    pub completed_at: Option<DateTime<Utc>>,
}

impl TaskCompletion {
    /// A completion with this result.
    pub fn with(result: impl Into<String>) -> Self {
        Self { result: Some(result.into()), completed_at: None }
    }

    /// Trims the text, clears an empty one, and checks the rules that do not depend on the task.
    pub(super) fn validated(mut self, now: DateTime<Utc>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.result, "/result", text::block, &mut violations);
        self.completed_at = self.completed_at.map(validate::cut);
        if self.completed_at.is_some_and(|time| time > now + MAX_SKEW) {
            violations.add("/completedAt", "in_the_future", "the completion must not be in the future");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// A digest of the input, by which a retry is recognized.
    pub(super) fn digest(&self) -> Result<String> {
        let input = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(hex(Sha256::digest(input)))
    }

    /// Writes validated input into an open task.
    pub(super) fn write(self, task: &mut Task, now: DateTime<Utc>, by: ActorRef) {
        let Self { result, completed_at } = self;
        task.move_to(TaskStatus::Completed, completed_at.unwrap_or(now), by);
        task.result = result;
    }
}
