//! The values of the document's examples. `crm-http demo` creates records with them, so that every example works.

mod ai;
mod bulk;
mod calendar;
mod capture_forms;
mod consents;
mod currency_rates;
mod custom_fields;
mod deals;
mod duplicates;
mod files;
mod imports;
mod interactions;
mod jobs;
mod lead_assignment_rules;
mod lead_scoring;
mod leads;
mod links;
mod merges;
mod notifications;
mod operations;
mod privacy;
mod sales;
mod saved_views;
mod stats;
mod tags;
mod tasks;

pub use ai::*;
pub use bulk::*;
pub use calendar::*;
pub use capture_forms::*;
pub use consents::*;
pub use currency_rates::*;
pub use custom_fields::*;
pub use deals::*;
pub use duplicates::*;
pub use files::*;
pub use imports::*;
pub use interactions::*;
pub use jobs::*;
pub use lead_assignment_rules::*;
pub use lead_scoring::*;
pub use leads::*;
pub use links::*;
pub use merges::*;
pub use notifications::*;
pub(crate) use operations::fill;
use privacy::*;
pub use sales::*;
pub use saved_views::*;
pub use stats::*;
pub use tags::*;
pub use tasks::*;

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

/// The customer that examples read and change.
pub const CUSTOMER: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000001");
/// The customer that the example of deleting deletes.
pub const TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000002");
/// The customer in the trash that the example of restoring restores.
pub const TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000003");
/// The customer that the example of purging removes.
pub const TO_PURGE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000004");
/// The note that examples read and change.
pub const NOTE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000101");
/// The note that the example of deleting deletes.
pub const NOTE_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000102");
/// The note in the trash that the example of restoring restores.
pub const NOTE_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000103");
/// The time at which these customers were added (RFC 3339).
pub const ADDED_AT: &str = "2026-06-15T09:30:00Z";
/// The id of the customer in another system.
pub const EXTERNAL_REF: (&str, &str) = ("erp", "D-10042");
/// The search words of the example.
pub const SEARCHED: &str = "harbour";

const OWNER: &str = "6f0c7f3e-2b51-5d0c-9a0e-0d6a1f3f8f11";

/// The writable fields of the customer.
#[must_use]
pub fn customer_fields() -> Value {
    let (system, id) = EXTERNAL_REF;
    json!({
        "kind": "person",
        "name": "Grace Harbour",
        "salutation": "Ms.",
        "firstName": "Grace",
        "middleName": null,
        "lastName": "Harbour",
        "nameSuffix": null,
        "email": "grace.harbour@example.com",
        "phone": "+1 212 555 2368",
        "organizationName": "Harbour & Sons",
        "jobTitle": "Purchasing manager",
        "department": "Purchasing",
        "birthDate": "1987-10-06",
        "language": "en-US",
        "timeZone": "America/New_York",
        "industry": "Shipping",
        "employeeBand": null,
        "annualRevenue": { "amount": 250_000_000, "currency": "USD" },
        "taxId": null,
        "website": "https://harbour.example.com",
        "address": "12 Harbour Street",
        "addressLine2": null,
        "city": "Boston",
        "state": "Massachusetts",
        "zipCode": "02110",
        "country": "United States",
        "emails": [
            { "address": "grace.harbour@example.com", "label": "work", "isPrimary": true, "isInvalid": false, "isOptedOut": false },
            { "address": "grace@harbour.example.com", "label": "home", "isPrimary": false, "isInvalid": false, "isOptedOut": true },
        ],
        "phones": [
            { "number": "+1 212 555 2368", "e164": "+12125552368", "label": "mobile", "isPrimary": true, "isInvalid": false, "isOptedOut": false },
        ],
        "addresses": [{
            "kind": "office",
            "address": "12 Harbour Street",
            "addressLine2": null,
            "city": "Boston",
            "state": "Massachusetts",
            "zipCode": "02110",
            "country": "United States",
            "countryCode": "US",
            "isPrimary": true,
        }],
        "status": "active",
        "lifecycleStage": "customer",
        "relationship": "customer",
        "ownerId": null,
        "source": "referral",
        "sourceCreatedAt": null,
        "description": "Buys for all ports on the east coast.",
        "externalRefs": [{ "system": system, "id": id }],
        "customFields": { "tier": "gold" },
        "metadata": {},
        "isArchived": false,
    })
}

/// A customer to add.
#[must_use]
pub fn new_customer() -> Value {
    json!({
        "kind": "person",
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann.lee@example.com",
        "phone": "+1 212 555 0147",
        "organizationName": "Lee & Co",
        "city": "New York",
        "country": "United States",
        "status": "prospect",
        "source": "web_site",
        "customFields": { "tier": "silver" },
    })
}

/// A change of the customer.
#[must_use]
pub fn customer_patch() -> Value {
    json!({ "jobTitle": "Head of purchasing", "addressLine2": "3rd floor", "customFields": { "tier": "platinum" } })
}

/// The customer as an answer shows it.
#[must_use]
pub fn customer() -> Value {
    let mut customer = customer_fields();
    crm_core::patch::merge(&mut customer, answered(CUSTOMER, 3));
    crm_core::patch::merge(
        &mut customer,
        json!({ "ownerId": OWNER, "owner": { "id": OWNER, "displayName": "Sam Sales" }, "tags": customer_tags()["data"] }),
    );
    customer["lastContactAt"] = json!("2026-06-15T09:17:00Z");
    customer["nextFollowUpAt"] = json!("2026-06-25T09:00:00Z");
    customer["organizationId"] = json!(ORGANIZATION);
    nulls(customer, &["addressLine2", "parentId", "deletedAt"])
}

/// The customer that was added.
#[must_use]
pub fn created_customer() -> Value {
    let mut customer: Value =
        customer_fields().as_object().into_iter().flatten().map(|(name, _)| (name.clone(), Value::Null)).collect();
    customer["name"] = json!("Ann Lee");
    customer["externalRefs"] = json!([]);
    customer["metadata"] = json!({});
    customer["isArchived"] = json!(false);
    let id = uuid!("019eca9d-cdc0-7000-8000-00000000000a");
    let names: Vec<String> = customer.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    crm_core::patch::merge(&mut customer, new_customer());
    crm_core::patch::merge(&mut customer, answered(id, 1));
    customer["phoneE164"] = json!("+12125550147");
    let flags = json!({ "label": null, "isPrimary": true, "isInvalid": false, "isOptedOut": false });
    customer["emails"] = json!([{ "address": "ann.lee@example.com" }]);
    customer["phones"] = json!([{ "number": "+1 212 555 0147", "e164": "+12125550147" }]);
    for entry in ["emails", "phones"] {
        if let Some(Value::Object(entry)) = customer.pointer_mut(&format!("/{entry}/0")) {
            entry.extend(flags.as_object().cloned().unwrap_or_default());
        }
    }
    customer["addresses"] = json!([{
        "kind": "other",
        "address": null,
        "addressLine2": null,
        "city": "New York",
        "state": null,
        "zipCode": null,
        "country": "United States",
        "countryCode": "US",
        "isPrimary": true,
    }]);
    let empty = ["owner", "organizationId", "parentId", "lastContactAt", "nextFollowUpAt", "deletedAt"];
    let names: Vec<&str> = names.iter().map(String::as_str).chain(empty).collect();
    nulls(customer, &names)
}

/// The read-only fields of a customer.
fn answered(id: Uuid, version: i64) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": version,
        "phoneE164": "+12125552368",
        "countryCode": "US",
        "tags": [],
        "createdAt": ADDED_AT,
        "updatedAt": "2026-07-01T14:05:09.123456Z",
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// A merge takes nulls away; an answer has them.
fn nulls(mut value: Value, names: &[&str]) -> Value {
    if let Some(members) = value.as_object_mut() {
        for name in names {
            members.entry(*name).or_insert(Value::Null);
        }
    }
    value
}

/// The writable fields of the note.
#[must_use]
pub fn note_fields() -> Value {
    json!({
        "type": "call",
        "title": "First call",
        "body": "Wants a **quote** for 200 units by Friday.\n\n- delivery to Boston\n- net 30",
        "visibility": "shared",
        "isPinned": true,
    })
}

/// A note to add.
#[must_use]
pub fn new_note() -> Value {
    json!({ "type": "follow_up", "body": "Ask again *after* the trade fair.", "visibility": "private" })
}

/// A change of the note.
#[must_use]
pub fn note_patch() -> Value {
    json!({ "title": "First call, with a quote", "isPinned": false })
}

/// The note as an answer shows it.
#[must_use]
pub fn note() -> Value {
    let mut note = note_fields();
    crm_core::patch::merge(&mut note, noted(NOTE));
    nulls(note, &["editedAt", "deletedAt"])
}

/// The note that was added.
#[must_use]
pub fn created_note() -> Value {
    let mut note = new_note();
    crm_core::patch::merge(&mut note, noted(uuid!("019eca9d-cdc0-7000-8000-00000000010a")));
    note["isPinned"] = json!(false);
    nulls(note, &["title", "editedAt", "deletedAt"])
}

/// The read-only fields of a note.
fn noted(id: Uuid) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "customerId": CUSTOMER,
        "isTruncated": false,
        "author": { "id": OWNER, "displayName": "Sam Sales" },
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// A page with one record in it.
#[must_use]
pub fn page_of(record: Value) -> Value {
    json!({
        "data": [record],
        "pagination": { "page": 1, "limit": 20, "total": 1, "totalRelation": "eq", "totalPages": 1, "nextCursor": null },
    })
}

/// A page of search results.
#[must_use]
pub fn found_customers() -> Value {
    page_of(json!({
        "customer": customer(),
        "matches": [{ "field": "name", "text": "Grace Harbour", "ranges": [{ "start": 6, "end": 13 }] }],
    }))
}

/// A page of a customer's history.
#[must_use]
pub fn history() -> Value {
    page_of(json!({
        "id": "019f1d8a-5cf3-7b7c-a8a4-0d5f4f1f2b12",
        "at": "2026-07-01T14:05:09.123456Z",
        "kind": "change",
        "action": "updated",
        "title": null,
        "customer": null,
        "actor": { "kind": "user", "id": OWNER },
        "requestId": "019f1d8a-5cf0-7c44-9a57-0d5f4f1f2b10",
        "version": 3,
        "changes": [{ "field": "status", "from": "prospect", "to": "active" }],
        "note": null,
        "interaction": null,
        "task": null,
        "deal": null,
        "source": null,
        "data": {},
    }))
}

/// Events of the company.
#[must_use]
pub fn events() -> Value {
    json!({
        "data": [{
            "specversion": "1.0",
            "id": "019f1d8a-5cf3-7b7c-a8a4-0d5f4f1f2b13",
            "source": "/crm",
            "type": "crm.customer.updated",
            "subject": CUSTOMER,
            "time": "2026-07-01T14:05:09.123456Z",
            "datacontenttype": "application/json",
            "companyid": "0a7d3c2e-7c1b-5f0e-9b58-1f6c2d9e4a10",
            "data": { "id": CUSTOMER, "version": 3, "changedFields": ["status"], "customerId": null, "tagIds": [], "customerIds": [] },
        }],
        "cursor": "hT0c1uZ9m4QxV7yRkP2sLw8aNfE5jB3dGi6oXtCqYzKvHbMlJpUeWrSgDnAxFyOcTkZuQwIhR4",
        "hasMore": false,
    })
}

/// The beginning of a stream of events.
pub const EVENT_STREAM: &str = "retry: 2000\n\n\
     id: hT0c1uZ9m4QxV7yRkP2sLw8aNfE5jB3dGi6oXtCqYzKvHbMlJpUeWrSgDnAxFyOcTkZuQwIhR4\n\
     event: crm.customer.updated\n\
     data: {\"specversion\":\"1.0\",\"type\":\"crm.customer.updated\"}\n\n";

/// A page of teams.
#[must_use]
pub fn teams() -> Value {
    page_of(json!({
        "id": "019eca9d-cdc0-7000-8000-000000002101",
        "name": "Sales North",
        "parentId": null,
        "managerId": OWNER,
    }))
}

/// A page of users.
#[must_use]
pub fn users() -> Value {
    page_of(json!({
        "id": OWNER,
        "displayName": "Sam Sales",
        "email": "sales@acme.example",
        "isActive": true,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
    }))
}

/// The settings of a company.
#[must_use]
pub fn settings() -> Value {
    json!({
        "defaultCountry": "US",
        "timeZone": "America/New_York",
        "baseCurrency": "USD",
        "duplicatePolicy": "reject",
        "duplicateThreshold": 0.72,
        "duplicateRejectThreshold": null,
        "aiEnabled": true,
        "aiPlaceholders": true,
        "aiDailyTokens": null,
        "customFieldsOnlyDefined": false,
        "lostReasons": [{ "code": "price", "label": "Too expensive", "color": "#d62728", "isArchived": false }],
        "recordAccess": "company",
        "workingHours": {
            "periods": [
                { "day": "monday", "from": "09:00", "to": "17:30" },
                { "day": "friday", "from": "09:00", "to": "14:00" },
            ],
            "holidays": ["2026-12-25"],
        },
        "leadResponseTargets": [
            { "rating": "hot", "priority": null, "source": null, "minutes": 60 },
            { "rating": null, "priority": null, "source": null, "minutes": 480 },
        ],
        "languageModel": {
            "provider": "Hugging Face",
            "host": "router.huggingface.co",
            "model": "mistralai/Mixtral-8x7B-Instruct-v0.1",
            "isConsented": true,
        },
        "version": 2,
        "updatedAt": ADDED_AT,
    })
}

/// A page of the audit trail.
#[must_use]
pub fn audit() -> Value {
    page_of(json!({
        "id": "019f1d8a-5cf3-7b7c-a8a4-0d5f4f1f2b11",
        "at": "2026-07-01T14:05:09.123456Z",
        "actor": { "kind": "user", "id": OWNER },
        "action": "updated",
        "entity": "customer",
        "entityId": CUSTOMER,
        "outcome": "success",
        "fields": [{ "field": "status", "from": "5f1c9a…", "to": "a0b2e4…" }],
        "details": {},
        "requestId": "019f1d8a-5cf0-7c44-9a57-0d5f4f1f2b10",
        "address": "198.51.100.7",
    }))
}

/// How far the audit trail is sealed.
#[must_use]
pub fn audit_chain() -> Value {
    json!({
        "head": {
            "companyId": "6f0a3c52-8f0b-5d56-9a39-2f6c3f0a5b11",
            "batch": 41,
            "entries": 1306,
            "hash": "e8dde31217ede7ab915e4bead879375397cbbb35c4ab60a4907025efe9d19e56",
            "sealedAt": "2026-07-01T14:06:00Z",
        },
        "sealedEntries": 1306,
        "unsealedEntries": 2,
        "prunedBatch": 0,
        "lastVerification": { "at": "2026-07-01T03:00:02Z", "batch": 40, "faults": 0 },
    })
}

/// The job that verifies the audit trail.
fn verify_job() -> Value {
    let mut job = waiting_job(uuid!("019eca9d-cdc0-7000-8000-000000001701"));
    (job["kind"], job["uniqueKey"]) = (json!(crm_core::audit::VerifyAudit::KIND), json!("verify"));
    job
}

#[cfg(test)]
mod tests;
