//! What is enqueued.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::base::clock;
use crate::base::error::{Result, Violations};
use crate::base::ids::JobScheduleId;

/// The maximum length of a kind, a record and a key, in characters.
const MAX_NAME: usize = 200;
/// The maximum size of a payload as JSON, in bytes.
const MAX_PAYLOAD: usize = 64 * 1024;

/// A job to enqueue.
///
/// The payload should name records by their ids: what it holds is stored until the job is deleted, and is not shown.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a job is not enqueued before it is passed to `Jobs::enqueue`"]
pub struct NewJob {
    /// The kind.
    pub kind: String,
    /// What the handler needs, at most 64 KiB.
    pub payload: Value,
    /// What it is about: jobs of one record run one at a time, in order.
    pub record: Option<String>,
    /// At most one job of the kind with this key waits or runs.
    pub unique_key: Option<String>,
    /// Not before this time; at once without it.
    pub run_at: Option<DateTime<Utc>>,
    /// The number of attempts; that of the kind without it.
    pub max_attempts: Option<u32>,
    pub(super) schedule: Option<JobScheduleId>,
}

impl NewJob {
    /// A job that runs as soon as a worker is free.
    pub fn new(kind: impl Into<String>, payload: impl Into<Value>) -> Self {
        let (kind, payload) = (kind.into(), payload.into());
        Self { kind, payload, record: None, unique_key: None, run_at: None, max_attempts: None, schedule: None }
    }

    /// Runs one at a time with the other jobs of this record, in the order in which they were enqueued.
    pub fn of_record(self, record: impl Into<String>) -> Self {
        Self { record: Some(record.into()), ..self }
    }

    /// Is not enqueued while another job of its kind with this key waits or runs.
    pub fn unique(self, key: impl Into<String>) -> Self {
        Self { unique_key: Some(key.into()), ..self }
    }

    /// Does not run before this time.
    pub fn at(self, time: DateTime<Utc>) -> Self {
        Self { run_at: Some(time), ..self }
    }

    /// Fails for good after this number of attempts.
    pub fn max_attempts(self, attempts: u32) -> Self {
        Self { max_attempts: Some(attempts), ..self }
    }

    pub(super) fn check(&mut self) -> Result<()> {
        let mut violations = Violations::default();
        let names = [("/kind", Some(&self.kind)), ("/record", self.record.as_ref())];
        for (pointer, name) in names.into_iter().chain([("/uniqueKey", self.unique_key.as_ref())]) {
            match name.map_or(1, |name| name.chars().count()) {
                0 => violations.add(pointer, "required", "may not be empty"),
                1..=MAX_NAME => {}
                _ => violations.add(pointer, "too_long", format!("at most {MAX_NAME} characters")),
            }
            if name.is_some_and(|name| name.chars().any(char::is_control)) {
                violations.add(pointer, "control_character", "may not contain control characters");
            }
        }
        if self.payload.to_string().len() > MAX_PAYLOAD {
            violations.add("/payload", "too_long", format!("at most {MAX_PAYLOAD} bytes"));
        }
        if self.max_attempts == Some(0) {
            violations.add("/maxAttempts", "out_of_range", "at least 1");
        }
        match self.run_at.map(clock::stored) {
            Some(None) => violations.add("/runAt", "out_of_range", "a year from 1 to 9999"),
            at => self.run_at = at.flatten(),
        }
        Ok(violations.into_result()?)
    }
}
