//! Bulk actions on customers.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, waiting_job};

/// The bulk action that the example of undoing undoes.
pub const BULK_ACTION: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000501");

/// What an action does to its customers: only counted, so that it can be tried.
pub(super) fn bulk_request() -> Value {
    json!({ "action": { "type": "setStatus", "status": "active" }, "ids": [CUSTOMER], "dryRun": true })
}

pub(super) fn bulk_outcome() -> Value {
    json!({
        "id": BULK_ACTION,
        "dryRun": false,
        "matched": 12,
        "changed": 9,
        "unchanged": 2,
        "refused": [{ "reason": "forbidden", "count": 1, "ids": [CUSTOMER] }],
        "undoableUntil": ADDED_AT,
    })
}

pub(super) fn bulk_undone() -> Value {
    json!({ "id": BULK_ACTION, "restored": 8, "skipped": 1, "refused": [] })
}

pub(super) fn bulk_job(id: Uuid) -> Value {
    let kind = crm_core::customers::BulkCustomers::KIND;
    let mut job = waiting_job(id);
    (job["kind"], job["record"], job["uniqueKey"]) = (json!(kind), json!(kind), Value::Null);
    job
}
