//! Examples of notifications.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER, TASK, nulls, page_of};

/// The notification that examples read.
pub const NOTIFICATION: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000d01");

/// The notification as an answer shows it.
#[must_use]
pub fn notification() -> Value {
    let notification = json!({
        "id": NOTIFICATION,
        "kind": "assigned",
        "recordKind": "task",
        "recordId": TASK,
        "title": "Approve the discount for Harbour & Sons",
        "actor": { "id": OWNER, "displayName": "Sam Sales" },
        "count": 1,
        "createdAt": ADDED_AT,
    });
    nulls(notification, &["customerId", "readAt"])
}

/// The same notification, read.
#[must_use]
pub fn read_notification() -> Value {
    let mut notification = notification();
    notification["readAt"] = json!("2026-06-15T10:02:41.123456Z");
    notification
}

/// A page of notifications.
#[must_use]
pub fn notifications() -> Value {
    let mut list = page_of(notification());
    list["unreadCount"] = json!(1);
    list
}
