//! Merges of customers.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, OWNER, customer};

/// The customer that the example of merging merges into another.
pub const TO_MERGE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000005");
/// The customer that was merged.
pub const MERGED: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000006");
/// The customer that it was merged into.
pub const SURVIVOR: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000007");
/// The merge that the example of undoing undoes.
pub const CUSTOMER_MERGE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000601");

pub(super) fn merge_request() -> Value {
    json!({ "survivorId": CUSTOMER, "loserIds": [TO_MERGE], "fields": { "jobTitle": CUSTOMER }, "dryRun": false })
}

pub(super) fn merge_outcome() -> Value {
    json!({
        "id": CUSTOMER_MERGE,
        "dryRun": false,
        "customer": customer(),
        "moved": [{ "of": "note", "count": 2 }, { "of": "email", "count": 1 }],
        "links": { "moved": 0, "folded": 0, "dropped": 0 },
        "collisions": [{ "field": "name", "customerId": TO_MERGE, "value": "G. Harbour", "resolution": "dropped" }],
        "undoableUntil": "2026-07-15T09:30:00Z",
    })
}

pub(super) fn customer_merge() -> Value {
    json!({
        "id": CUSTOMER_MERGE,
        "mergedAt": ADDED_AT,
        "mergedBy": { "kind": "user", "id": OWNER },
        "survivorId": CUSTOMER,
        "losers": [{ "id": TO_MERGE, "name": "G. Harbour" }],
        "undoableUntil": "2026-07-15T09:30:00Z",
        "undoneAt": null,
    })
}

pub(super) fn unmerge_outcome() -> Value {
    json!({ "id": CUSTOMER_MERGE, "customer": customer(), "restoredIds": [MERGED], "kept": [] })
}
