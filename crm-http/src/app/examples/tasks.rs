//! Examples of tasks.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, INTERACTION, OWNER};

/// The task that examples read and change.
pub const TASK: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c01");
/// The open task that the example of completing completes.
pub const TASK_TO_COMPLETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c02");
/// The completed task that the example of reopening opens again.
pub const TASK_TO_REOPEN: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c03");
/// The task that the example of deleting deletes.
pub const TASK_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c04");
/// The task in the trash that the example of restoring restores.
pub const TASK_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000c05");

/// The writable fields of the task.
#[must_use]
pub fn task_fields() -> Value {
    json!({
        "title": "Send the offer for 200 units",
        "description": "With the **new** prices, and delivery in two parts.",
        "type": "document",
        "status": "in_progress",
        "priority": "high",
        "dueAt": null,
        "dueDate": "2026-12-04",
        "startAt": "2026-12-01T09:00:00Z",
        "result": null,
        "assigneeId": null,
        "collaboratorIds": [],
        "customerId": CUSTOMER,
        "dealId": null,
        "interactionId": INTERACTION,
        "parentTaskId": null,
        "checklist": [
            { "text": "Ask for the drawings", "isDone": true },
            { "text": "Calculate the price", "isDone": false },
        ],
        "reminders": [{ "channel": "in_app", "minutesBefore": 60 }, { "channel": "email", "minutesBefore": 1440 }],
        "recurrence": "FREQ=MONTHLY;BYDAY=1FR",
    })
}

/// A task to add.
#[must_use]
pub fn new_task() -> Value {
    json!({
        "title": "Call back about the samples",
        "type": "call",
        "priority": "normal",
        "dueAt": "2026-12-03T15:00:00Z",
        "customerId": CUSTOMER,
    })
}

/// A change of the task.
#[must_use]
pub fn task_patch() -> Value {
    json!({ "priority": "urgent", "dueDate": "2026-12-03" })
}

/// The completion of a task.
#[must_use]
pub fn task_completion() -> Value {
    json!({ "result": "Sent on Friday." })
}

/// The task as an answer shows it.
#[must_use]
pub fn task() -> Value {
    shown(TASK, task_fields())
}

/// The task that was added.
#[must_use]
pub fn created_task() -> Value {
    let mut fields = blank("Call back about the samples");
    for name in ["type", "priority", "dueAt", "customerId"] {
        fields[name] = new_task()[name].clone();
    }
    shown(uuid!("019eca9d-cdc0-7000-8000-000000000c0a"), fields)
}

/// The completed task.
#[must_use]
pub fn completed_task() -> Value {
    let mut fields = blank("Send the brochure");
    fields["status"] = json!("completed");
    fields["result"] = task_completion()["result"].clone();
    let mut task = written(shown(TASK_TO_COMPLETE, fields));
    task["completedAt"] = task["updatedAt"].clone();
    task["completedBy"] = task["updatedBy"].clone();
    task
}

/// The task that was opened again.
#[must_use]
pub fn reopened_task() -> Value {
    written(shown(TASK_TO_REOPEN, blank("Order the samples")))
}

/// The task that was restored.
#[must_use]
pub fn restored_task() -> Value {
    written(shown(TASK_TO_RESTORE, blank("Thrown away too soon")))
}

/// An agenda of two days.
#[must_use]
pub fn task_agenda() -> Value {
    json!({
        "timeZone": "America/New_York",
        "from": "2026-12-03",
        "to": "2026-12-04",
        "overdue": [],
        "days": [
            { "date": "2026-12-03", "tasks": [created_task()] },
            { "date": "2026-12-04", "tasks": [task()] },
        ],
        "hasMore": false,
    })
}

/// The fields of a task with only a title.
fn blank(title: &str) -> Value {
    json!({
        "title": title,
        "description": null,
        "type": "todo",
        "status": "not_started",
        "priority": "normal",
        "dueAt": null,
        "dueDate": null,
        "startAt": null,
        "result": null,
        "collaboratorIds": [],
        "customerId": null,
        "dealId": null,
        "interactionId": null,
        "parentTaskId": null,
        "checklist": [],
        "reminders": [],
        "recurrence": null,
    })
}

/// A new task with these fields, as an answer shows it.
fn shown(id: Uuid, mut task: Value) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    // A task that recurs begins a series.
    let series = (!task["recurrence"].is_null()).then_some(id);
    for (name, value) in [
        ("id", json!(id)),
        ("version", json!(1)),
        ("isTruncated", json!(false)),
        ("isOverdue", json!(false)),
        ("completedAt", Value::Null),
        ("completedBy", Value::Null),
        ("assigneeId", json!(OWNER)),
        ("assignee", json!({ "id": OWNER, "displayName": "Sam Sales" })),
        ("origin", json!("manual")),
        ("seriesId", json!(series)),
        ("nextTaskId", Value::Null),
        ("createdAt", json!(ADDED_AT)),
        ("updatedAt", json!(ADDED_AT)),
        ("createdBy", actor.clone()),
        ("updatedBy", actor),
        ("deletedAt", Value::Null),
    ] {
        task[name] = value;
    }
    task
}

/// The same task after one more write.
fn written(mut task: Value) -> Value {
    task["version"] = json!(2);
    task["updatedAt"] = json!("2026-12-04T15:48:10.123456Z");
    task
}
