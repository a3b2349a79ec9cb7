//! Personal data.

use serde_json::{Value, json};

use super::{
    ADDED_AT, CUSTOMER, DEAL, NOTE, OWNER, consent, customer, deal, interaction, link, note, suppression, task,
};

pub(super) fn erasure() -> Value {
    json!({ "reason": "Request 2026-114", "dryRun": true })
}

pub(super) fn erasure_certificate() -> Value {
    json!({
        "id": null,
        "dryRun": true,
        "subjectId": CUSTOMER,
        "mergedIds": [],
        "erasedAt": ADDED_AT,
        "reason": "Request 2026-114",
        "outcome": "anonymized",
        "erased": [
            { "table": "crm_changes", "method": "blanked", "rows": 12 },
            { "table": "crm_customer_notes", "method": "deleted", "rows": 3 },
            { "table": "crm_customers", "method": "blanked", "rows": 1 },
        ],
        "hash": null,
    })
}

pub(super) fn new_legal_hold() -> Value {
    json!({ "isHeld": true, "reason": "Case 7 B 12/26" })
}

pub(super) fn legal_hold() -> Value {
    json!({
        "isHeld": true,
        "reason": "Case 7 B 12/26",
        "heldAt": ADDED_AT,
        "heldBy": { "kind": "user", "id": OWNER },
    })
}

pub(super) fn personal_data() -> Value {
    json!({
        "generatedAt": ADDED_AT,
        "subjectId": CUSTOMER,
        "mergedIds": [],
        "customer": customer(),
        "mergedCustomers": [],
        "leads": [],
        "submissions": [],
        "consents": [consent()],
        "suppressions": [suppression()],
        "notes": [note()],
        "interactions": [interaction()],
        "tasks": [task()],
        "deals": [deal()],
        "dealRoles": [{ "dealId": DEAL, "role": "decision_maker", "isPrimary": true }],
        "links": [link()],
        "merges": [],
        "history": [{
            "entity": "note",
            "entityId": NOTE,
            "at": ADDED_AT,
            "action": "updated",
            "actor": { "kind": "user", "id": OWNER },
            "version": 2,
            "changes": [{ "field": "isPinned", "from": false, "to": true }],
        }],
    })
}
