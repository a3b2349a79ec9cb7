//! Examples of possible duplicates.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, OWNER, created_customer, customer, waiting_job};

/// The customer that is there twice.
pub const DUPLICATE_CUSTOMER: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000008");
/// The pair that examples read, dismiss and reopen.
pub const DUPLICATE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000801");

/// The writable fields of the customer that is there twice.
#[must_use]
pub fn duplicate_customer_fields() -> Value {
    json!({
        "kind": "person",
        "firstName": "Gracie",
        "lastName": "Harbour",
        "phone": "+1 212 555 2368",
        "organizationName": "Harbour and Sons Inc.",
    })
}

/// A customer that is not saved.
pub(super) fn unsaved_customer() -> Value {
    json!({ "firstName": "Grace", "lastName": "Harbor", "phone": "+1 212 555 2368" })
}

fn evidence() -> Value {
    json!([
        { "reason": "same_phone", "weight": 0.65, "left": "+1 212 555 2368", "right": "+1 212 555 2368" },
        { "reason": "similar_name", "weight": 0.55, "left": "Grace Harbor", "right": "Grace Harbour" },
    ])
}

pub(super) fn duplicate_candidates() -> Value {
    json!({ "data": [{ "customer": customer(), "score": 0.843, "evidence": evidence() }], "hiddenCount": 0 })
}

pub(super) fn duplicate_pair() -> Value {
    let mut right = created_customer();
    right["id"] = json!(DUPLICATE_CUSTOMER);
    right["name"] = json!("Gracie Harbour");
    let actor = json!({ "kind": "system", "id": null });
    json!({
        "id": DUPLICATE,
        "version": 1,
        "status": "open",
        "score": 0.843,
        "left": customer(),
        "right": right,
        "evidence": evidence(),
        "seenAt": ADDED_AT,
        "dismissedAt": null,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

pub(super) fn dismissed_pair() -> Value {
    let mut pair = duplicate_pair();
    (pair["version"], pair["status"], pair["dismissedAt"]) = (json!(2), json!("dismissed"), json!(ADDED_AT));
    pair["updatedBy"] = json!({ "kind": "user", "id": OWNER });
    pair
}

pub(super) fn reopened_pair() -> Value {
    let mut pair = duplicate_pair();
    pair["version"] = json!(3);
    pair["updatedBy"] = json!({ "kind": "user", "id": OWNER });
    pair
}

pub(super) fn scan_job() -> Value {
    let mut job = waiting_job(uuid!("019eca9d-cdc0-7000-8000-000000000802"));
    (job["kind"], job["uniqueKey"]) = (json!(crm_core::customers::ScanDuplicates::KIND), json!("scan"));
    job
}

/// The customer of [`CUSTOMER`] and its double.
pub const DUPLICATE_PAIR: (Uuid, Uuid) = (CUSTOMER, DUPLICATE_CUSTOMER);
