//! Examples of jobs.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER};

/// The job that examples read.
pub const JOB: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000401");
/// The job that the example of cancelling cancels.
pub const JOB_TO_CANCEL: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000402");
/// The job that the example of retrying retries.
pub const JOB_TO_RETRY: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000403");

/// The kind of the jobs of the examples.
pub const JOB_KIND: &str = crm_core::jobs::Recount::KIND;

/// A job to start.
#[must_use]
pub fn job_start() -> Value {
    json!({ "kind": JOB_KIND })
}

/// The job that is done.
#[must_use]
pub fn job() -> Value {
    let mut job = waiting_job(JOB);
    let done = json!({
        "version": 2,
        "state": "done",
        "progress": 100,
        "message": "240 customers",
        "attempts": 1,
        "startedAt": ADDED_AT,
        "finishedAt": ADDED_AT,
        "result": { "customers": 240 },
    });
    crm_core::patch::merge(&mut job, done);
    job
}

/// A job that waits.
#[must_use]
pub fn waiting_job(id: Uuid) -> Value {
    json!({
        "id": id,
        "version": 1,
        "kind": JOB_KIND,
        "state": "waiting",
        "record": null,
        "uniqueKey": JOB_KIND,
        "progress": 0,
        "message": null,
        "cancelRequested": false,
        "attempts": 0,
        "maxAttempts": 12,
        "runAt": ADDED_AT,
        "startedAt": null,
        "finishedAt": null,
        "lastError": null,
        "result": null,
        "scheduleId": null,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": { "kind": "user", "id": OWNER },
    })
}

/// The job that was cancelled.
#[must_use]
pub fn cancelled_job() -> Value {
    let mut job = waiting_job(JOB_TO_CANCEL);
    job["version"] = json!(2);
    job["state"] = json!("cancelled");
    job["finishedAt"] = json!(ADDED_AT);
    job
}

/// The schedule that examples read, change and run.
pub const JOB_SCHEDULE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000404");

/// The schedule.
#[must_use]
pub fn job_schedule() -> Value {
    json!({
        "id": JOB_SCHEDULE,
        "version": 1,
        "name": "Numbers of customers",
        "cron": "30 2 * * SUN",
        "kind": JOB_KIND,
        "isEnabled": true,
        "nextRunAt": "2026-06-21T06:30:00Z",
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": { "kind": "user", "id": OWNER },
        "updatedBy": { "kind": "user", "id": OWNER },
    })
}

/// The schedule when it is off.
#[must_use]
pub fn paused_job_schedule() -> Value {
    let mut schedule = job_schedule();
    crm_core::patch::merge(&mut schedule, json!({ "version": 2, "isEnabled": false }));
    schedule["nextRunAt"] = Value::Null;
    schedule
}

/// The job that the schedule starts.
#[must_use]
pub fn scheduled_job() -> Value {
    let mut job = waiting_job(JOB);
    job["uniqueKey"] = json!(format!("schedule:{JOB_SCHEDULE}"));
    job["scheduleId"] = json!(JOB_SCHEDULE);
    job
}
