//! The resources, with the data that the suite needs of each.

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use testkit::TestDatabase;

use super::capture_forms::CAPTURE_FORMS;
use super::consents::{CONSENTS, SUPPRESSIONS};
use super::leads::{LEAD_ASSIGNMENT_RULES, LEAD_SCORING_RULES, LEAD_STATUSES, LEADS};
use crate::support::{Answer, Api, Client, Operation, document};

/// A kind of record with routes of its own.
pub struct Resource {
    /// As the tests call it.
    pub name: &'static str,
    /// Its list, as the document writes it.
    pub list: &'static str,
    /// One of it, as the document writes it.
    pub item: &'static str,
    /// What history, audit and events call it.
    pub kind: &'static str,
    /// The path of a company's list; its parents are created first.
    pub at: fn(&Api) -> LocalBoxFuture<'static, String>,
    /// What a new record names of its parents, where the path of the list does not.
    pub parent: Option<fn(&Api) -> LocalBoxFuture<'static, Value>>,
    /// The body of the `n`-th record; no two alike, and all may be there together.
    pub new: fn(usize) -> Value,
    /// Every writable field with a value, and with another value; both may replace any record.
    pub full: fn() -> [Value; 2],
    /// A text field that may be empty.
    pub optional: &'static str,
    /// What it can be sorted by.
    pub sorts: &'static [&'static str],
    /// A body of the right shape that breaks rules, and all faults it has: pointers and codes, sorted.
    pub invalid: fn() -> (Value, Vec<(&'static str, &'static str)>),
    /// Fields with values of a wrong type.
    pub mistyped: fn() -> Vec<(&'static str, Value)>,
    /// A body that cannot be there twice, with code and pointer of the conflict.
    pub unique: Option<fn() -> (Value, &'static str, &'static str)>,
}

/// All of them.
pub fn resources() -> &'static [Resource] {
    const CUSTOMERS: Resource = Resource {
        name: "customers",
        list: "/api/customers",
        item: "/api/customers/{customerId}",
        kind: "customer",
        at: |_| Box::pin(async { "/api/customers".to_owned() }),
        parent: None,
        new: |n| json!({ "kind": "organization", "name": format!("Customer {n:03}"), "source": "web_site" }),
        full: full_customers,
        optional: "jobTitle",
        sorts: &["createdAt", "-createdAt", "updatedAt", "-updatedAt", "name", "-name"],
        invalid: || {
            let body = json!({
                "name": "x".repeat(251),
                "email": "no address",
                "website": "ftp://example.com",
                "phone": "1".repeat(41),
                "city": "Bo\u{0}nn",
                "externalRefs": [{ "system": "", "id": "1" }],
                "customFields": { "much": "x".repeat(17_000) },
            });
            let faults = vec![
                ("/city", "control_character"),
                ("/customFields", "too_long"),
                ("/email", "email_invalid"),
                ("/externalRefs/0/system", "required"),
                ("/name", "too_long"),
                ("/phone", "too_long"),
                ("/website", "website_invalid"),
            ];
            (body, faults)
        },
        mistyped: || {
            vec![
                ("/name", json!({ "name": 1 })),
                ("/status", json!({ "status": "vip" })),
                ("/isArchived", json!({ "isArchived": "no" })),
                ("/ownerId", json!({ "ownerId": "unknown" })),
                ("/externalRefs/0", json!({ "externalRefs": ["erp"] })),
                ("/externalRefs/0/id", json!({ "externalRefs": [{ "system": "erp", "id": 7 }] })),
                ("/customFields", json!({ "customFields": [] })),
            ]
        },
        unique: Some(|| {
            let body = json!({ "name": "Ann", "email": "ann@example.com" });
            (body, "customer_email_taken", "/email")
        }),
    };
    const LINKS: Resource = Resource {
        name: "links",
        list: "/api/customers/{customerId}/links",
        item: "/api/customers/{customerId}/links/{linkId}",
        kind: "link",
        at: |api| below_a_customer(api, "links"),
        // The other customer is given once, and never changed.
        parent: Some(|api| {
            let admin = api.admin();
            Box::pin(async move { json!({ "toId": organization(&admin).await }) })
        }),
        new: |n| json!({ "label": format!("Label {n:03}") }),
        full: full_links,
        optional: "title",
        sorts: &["createdAt", "-createdAt"],
        invalid: || {
            let body = json!({ "label": "x".repeat(41), "title": "a\u{7}b", "startedOn": "2026-02-01", "endedOn": "2026-01-01" });
            (body, vec![("/endedOn", "before_start"), ("/label", "too_long"), ("/title", "control_character")])
        },
        mistyped: || {
            vec![
                ("/label", json!({ "label": 1 })),
                ("/isPrimary", json!({ "isPrimary": "no" })),
                ("/startedOn", json!({ "startedOn": "today" })),
            ]
        },
        unique: Some(|| (json!({ "label": "employee" }), "link_exists", "/label")),
    };
    const NOTES: Resource = Resource {
        name: "notes",
        list: "/api/customers/{customerId}/notes",
        item: "/api/customers/{customerId}/notes/{noteId}",
        kind: "note",
        at: |api| below_a_customer(api, "notes"),
        parent: None,
        new: |n| json!({ "body": format!("Note {n:03}") }),
        full: || {
            let one = json!({
                "type": "call",
                "title": "Erstes Gespräch",
                "body": "Wants a *quote*:\n\n- by Friday",
                "visibility": "shared",
                "isPinned": true,
            });
            let other = json!({
                "type": "contract", "title": "B", "body": "C", "visibility": "private", "isPinned": false,
            });
            [one, other]
        },
        optional: "title",
        sorts: &["createdAt", "-createdAt", "updatedAt", "-updatedAt"],
        invalid: || {
            let body = json!({ "title": "x".repeat(251), "body": "a\u{7}b" });
            (body, vec![("/body", "control_character"), ("/title", "too_long")])
        },
        mistyped: || {
            vec![
                ("/title", json!({ "title": 1 })),
                ("/type", json!({ "type": "gossip" })),
                ("/visibility", json!({ "visibility": "public" })),
                ("/isPinned", json!({ "isPinned": "no" })),
            ]
        },
        unique: None,
    };
    const INTERACTIONS: Resource = Resource {
        name: "interactions",
        list: "/api/customers/{customerId}/interactions",
        item: "/api/customers/{customerId}/interactions/{interactionId}",
        kind: "interaction",
        at: |api| below_a_customer(api, "interactions"),
        parent: None,
        new: |n| {
            let begins = format!("2026-12-{:02}T09:00:00Z", 28 - n);
            json!({ "type": "call", "subject": format!("Call {n:03}"), "status": "planned", "scheduledAt": begins })
        },
        full: full_interactions,
        optional: "subject",
        sorts: &["occurredAt", "-occurredAt", "createdAt", "-createdAt", "updatedAt", "-updatedAt"],
        invalid: invalid_interaction,
        mistyped: || {
            vec![
                ("/subject", json!({ "subject": 1 })),
                ("/type", json!({ "type": "seance" })),
                ("/status", json!({ "status": "done" })),
                ("/direction", json!({ "direction": "up" })),
                ("/scheduledAt", json!({ "scheduledAt": "tomorrow" })),
                ("/completedAt", json!({ "completedAt": 1_780_315_200 })),
                ("/durationSeconds", json!({ "durationSeconds": 1.5 })),
                ("/ownerId", json!({ "ownerId": "unknown" })),
                ("/participants/0", json!({ "participants": ["ann@example.com"] })),
                ("/participants/0/kind", json!({ "participants": [{ "kind": "robot" }] })),
                ("/participants/0/id", json!({ "participants": [{ "kind": "user", "id": "ann" }] })),
                ("/metadata", json!({ "metadata": [] })),
            ]
        },
        unique: None,
    };
    const TAGS: Resource = Resource {
        name: "tags",
        list: "/api/tags",
        item: "/api/tags/{tagId}",
        kind: "tag",
        at: |_| Box::pin(async { "/api/tags".to_owned() }),
        parent: None,
        new: |n| json!({ "name": format!("Tag {n:03}") }),
        full: || {
            let one =
                json!({ "name": "Größter Kunde", "color": "#d4af37", "description": "Looked after by the board" });
            [one, json!({ "name": "B", "color": "#00ff00", "description": "C" })]
        },
        optional: "description",
        sorts: &["name", "-name", "usageCount", "-usageCount", "createdAt", "-createdAt"],
        invalid: || {
            let body = json!({ "name": "x".repeat(65), "color": "gold", "description": "a\u{7}b" });
            (body, vec![("/color", "color_invalid"), ("/description", "control_character"), ("/name", "too_long")])
        },
        mistyped: || {
            vec![
                ("/name", json!({ "name": 1 })),
                ("/color", json!({ "color": true })),
                ("/description", json!({ "description": ["x"] })),
            ]
        },
        unique: Some(|| (json!({ "name": "Vip" }), "tag_name_taken", "/name")),
    };
    const ANY_INTERACTIONS: Resource = Resource {
        name: "any_interactions",
        list: "/api/interactions",
        item: "/api/interactions/{interactionId}",
        at: |_| Box::pin(async { "/api/interactions".to_owned() }),
        parent: Some(|api| {
            let admin = api.admin();
            Box::pin(async move { json!({ "customerId": customer(&admin).await }) })
        }),
        ..INTERACTIONS
    };
    const SAVED_VIEWS: Resource = Resource {
        name: "saved_views",
        list: "/api/saved-views",
        item: "/api/saved-views/{savedViewId}",
        kind: "saved_view",
        at: |_| Box::pin(async { "/api/saved-views".to_owned() }),
        // The entity is given once, and never changed.
        parent: Some(|_| Box::pin(async { json!({ "entity": "customers" }) })),
        new: |n| json!({ "name": format!("View {n:03}"), "position": n, "visibility": "shared" }),
        full: full_saved_views,
        optional: "description",
        sorts: &["position", "-position", "name", "-name", "createdAt", "-createdAt", "updatedAt", "-updatedAt"],
        invalid: invalid_saved_view,
        mistyped: || {
            vec![
                ("/name", json!({ "name": 1 })),
                ("/visibility", json!({ "visibility": "public" })),
                ("/query", json!({ "query": "status=active" })),
                ("/columns", json!({ "columns": "name" })),
                ("/columns/0", json!({ "columns": [1] })),
                ("/sort", json!({ "sort": ["name"] })),
                ("/position", json!({ "position": "first" })),
            ]
        },
        unique: Some(|| (json!({ "name": "Mine" }), "saved_view_name_taken", "/name")),
    };
    const CUSTOM_FIELDS: Resource = Resource {
        name: "custom_fields",
        list: "/api/custom-fields",
        item: "/api/custom-fields/{customFieldId}",
        kind: "custom_field",
        at: |_| Box::pin(async { "/api/custom-fields".to_owned() }),
        // The entity is given once, and never changed.
        parent: Some(|_| Box::pin(async { json!({ "entity": "customer" }) })),
        new: |n| json!({ "key": format!("field{n:03}"), "label": format!("Field {n:03}"), "type": "text", "position": n }),
        full: full_custom_fields,
        optional: "description",
        sorts: &["position", "-position", "key", "-key", "createdAt", "-createdAt"],
        invalid: invalid_custom_field,
        mistyped: || {
            vec![
                ("/label", json!({ "label": 1 })),
                ("/type", json!({ "type": "colour" })),
                ("/options", json!({ "options": "gold" })),
                ("/options/0/value", json!({ "options": [{ "value": 1 }] })),
                ("/isRequired", json!({ "isRequired": "no" })),
                ("/minimum", json!({ "minimum": "one" })),
                ("/position", json!({ "position": "first" })),
            ]
        },
        unique: Some(|| (json!({ "key": "tier", "label": "Tier", "type": "text" }), "custom_field_key_taken", "/key")),
    };
    const IMPORT_MAPPINGS: Resource = Resource {
        name: "import_mappings",
        list: "/api/import-mappings",
        item: "/api/import-mappings/{importMappingId}",
        kind: "import_mapping",
        at: |_| Box::pin(async { "/api/import-mappings".to_owned() }),
        parent: None,
        new: |n| json!({ "name": format!("Mapping {n:03}"), "columns": ["Name", "Mail"], "mapping": { "Mail": "email" } }),
        full: full_import_mappings,
        optional: "externalSystem",
        sorts: &["name", "-name", "createdAt", "-createdAt", "updatedAt", "-updatedAt"],
        invalid: || {
            let body = json!({
                "name": "x".repeat(101),
                "columns": ["Name", "Mail"],
                "mapping": { "Mail": "emial" },
                "externalSystem": "a\u{7}b",
            });
            let faults = vec![
                ("/externalSystem", "control_character"),
                ("/mapping/Mail", "mapping_invalid"),
                ("/name", "too_long"),
            ];
            (body, faults)
        },
        mistyped: || {
            vec![
                ("/name", json!({ "name": 1 })),
                ("/columns", json!({ "columns": "Name" })),
                ("/columns/0", json!({ "columns": [1] })),
                ("/mapping", json!({ "mapping": [] })),
                ("/mapping/Mail", json!({ "mapping": { "Mail": 1 } })),
                ("/mode", json!({ "mode": "replace" })),
                ("/dateOrder", json!({ "dateOrder": "ydm" })),
            ]
        },
        unique: Some(|| (json!({ "name": "Shop", "columns": ["Name"] }), "import_mapping_name_taken", "/name")),
    };
    const TASKS: Resource = Resource {
        name: "tasks",
        list: "/api/tasks",
        item: "/api/tasks/{taskId}",
        kind: "task",
        at: |_| Box::pin(async { "/api/tasks".to_owned() }),
        parent: None,
        new: |n| json!({ "title": format!("Task {n:03}"), "dueAt": format!("2036-12-{:02}T09:00:00Z", 28 - n) }),
        full: full_tasks,
        optional: "description",
        sorts: &["dueAt", "-dueAt", "createdAt", "-createdAt", "updatedAt", "-updatedAt"],
        invalid: invalid_task,
        mistyped: || {
            vec![
                ("/title", json!({ "title": 1 })),
                ("/type", json!({ "type": "errand" })),
                ("/status", json!({ "status": "done" })),
                ("/priority", json!({ "priority": 1 })),
                ("/dueAt", json!({ "dueAt": "2026-12-24" })),
                ("/dueDate", json!({ "dueDate": "tomorrow" })),
                ("/startAt", json!({ "startAt": 1_780_315_200 })),
                ("/assigneeId", json!({ "assigneeId": "unknown" })),
                ("/collaboratorIds/0", json!({ "collaboratorIds": ["unknown"] })),
                ("/customerId", json!({ "customerId": "unknown" })),
                ("/dealId", json!({ "dealId": "unknown" })),
                ("/interactionId", json!({ "interactionId": 7 })),
                ("/parentTaskId", json!({ "parentTaskId": true })),
                ("/checklist", json!({ "checklist": "Call" })),
                ("/checklist/0", json!({ "checklist": ["Call"] })),
                ("/checklist/0/isDone", json!({ "checklist": [{ "text": "Call", "isDone": "no" }] })),
                ("/recurrence", json!({ "recurrence": { "freq": "DAILY" } })),
                ("/reminders/0/channel", json!({ "reminders": [{ "channel": "sms", "minutesBefore": 5 }] })),
                ("/reminders/0/minutesBefore", json!({ "reminders": [{ "channel": "email", "minutesBefore": -5 }] })),
            ]
        },
        unique: None,
    };
    const PIPELINES: Resource = Resource {
        name: "pipelines",
        list: "/api/pipelines",
        item: "/api/pipelines/{pipelineId}",
        kind: "pipeline",
        at: |_| Box::pin(async { "/api/pipelines".to_owned() }),
        parent: None,
        new: |n| json!({ "name": format!("Pipeline {n:03}"), "position": n }),
        full: || {
            let one = json!({
                "name": "Größere Geschäfte",
                "description": "From the first talk to the contract",
                "isDefault": true,
                "position": 7,
                "isArchived": false,
                "rottenDays": 3650,
            });
            let other = json!({
                "name": "B",
                "description": "C",
                "isDefault": false,
                "position": 0,
                "isArchived": true,
                "rottenDays": 1,
            });
            [one, other]
        },
        optional: "description",
        sorts: &["position", "-position", "name", "-name", "createdAt", "-createdAt"],
        invalid: invalid_pipeline,
        mistyped: || {
            vec![
                ("/name", json!({ "name": 1 })),
                ("/isDefault", json!({ "isDefault": "yes" })),
                ("/position", json!({ "position": "first" })),
                ("/rottenDays", json!({ "rottenDays": 1.5 })),
                ("/stages", json!({ "stages": "Proposal" })),
                ("/stages/0/kind", json!({ "stages": [{ "name": "A", "kind": "maybe" }] })),
                ("/stages/0/probability", json!({ "stages": [{ "name": "A", "probability": "half" }] })),
                ("/stages/0/requiredFields/0", json!({ "stages": [{ "name": "A", "requiredFields": ["price"] }] })),
            ]
        },
        unique: Some(|| (json!({ "name": "Sales" }), "pipeline_name_taken", "/name")),
    };
    const DEALS: Resource = Resource {
        name: "deals",
        list: "/api/deals",
        item: "/api/deals/{dealId}",
        kind: "deal",
        at: |_| Box::pin(async { "/api/deals".to_owned() }),
        // The pipeline is made before, so that it is no record of the first deal.
        parent: Some(|api| {
            let admin = api.admin();
            Box::pin(async move {
                admin.get("/api/deals/board").await.expect(200);
                json!({ "customerId": customer(&admin).await })
            })
        }),
        new: |n| json!({ "name": format!("Deal {n:03}"), "expectedCloseDate": format!("2026-12-{:02}", 28 - n) }),
        full: full_deals,
        optional: "nextStep",
        sorts: &[
            "createdAt",
            "-createdAt",
            "updatedAt",
            "-updatedAt",
            "name",
            "-name",
            "expectedCloseDate",
            "-expectedCloseDate",
        ],
        invalid: invalid_deal,
        mistyped: || {
            vec![
                ("/name", json!({ "name": 1 })),
                ("/amount", json!({ "amount": "much" })),
                ("/amount/amount", json!({ "amount": { "amount": 1.5, "currency": "EUR" } })),
                ("/amountFromItems", json!({ "amountFromItems": "yes" })),
                ("/contacts/0/customerId", json!({ "contacts": [{ "customerId": "Ann" }] })),
                ("/probability", json!({ "probability": "high" })),
                ("/expectedCloseDate", json!({ "expectedCloseDate": "soon" })),
                ("/type", json!({ "type": "barter" })),
                ("/recurringInterval", json!({ "recurringInterval": "week" })),
                ("/orderRef/id", json!({ "orderRef": { "system": "erp", "id": 7 } })),
                ("/nextStepAt", json!({ "nextStepAt": "tomorrow" })),
                ("/ownerId", json!({ "ownerId": "unknown" })),
            ]
        },
        unique: None,
    };
    &[
        CUSTOMERS,
        LINKS,
        NOTES,
        INTERACTIONS,
        ANY_INTERACTIONS,
        TASKS,
        PIPELINES,
        DEALS,
        LEADS,
        LEAD_STATUSES,
        LEAD_SCORING_RULES,
        LEAD_ASSIGNMENT_RULES,
        CAPTURE_FORMS,
        CONSENTS,
        SUPPRESSIONS,
        TAGS,
        SAVED_VIEWS,
        CUSTOM_FIELDS,
        IMPORT_MAPPINGS,
    ]
}

/// The path of a list below a customer.
pub(super) fn below_a_customer(api: &Api, name: &'static str) -> LocalBoxFuture<'static, String> {
    let admin = api.admin();
    Box::pin(async move { format!("/api/customers/{}/{name}", customer(&admin).await) })
}

/// The id of a new customer.
async fn customer(admin: &Client) -> String {
    let customer = admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json();
    customer["id"].as_str().expect("an id").to_owned()
}

/// The id of a new organization.
async fn organization(admin: &Client) -> String {
    let new = json!({ "kind": "organization", "name": "Lee & Co" });
    let organization = admin.post("/api/customers").json(&new).await.expect(201).json();
    organization["id"].as_str().expect("an id").to_owned()
}

fn full_links() -> [Value; 2] {
    let one = json!({
        "label": "employee",
        "title": "Köchin",
        "isPrimary": true,
        "isInactive": false,
        "startedOn": "2024-02-29",
        "endedOn": null,
    });
    let other = json!({
        "label": "owner",
        "title": "B",
        "isPrimary": false,
        "isInactive": true,
        "startedOn": "2023-01-01",
        "endedOn": "2025-12-31",
    });
    [one, other]
}

fn full_customers() -> [Value; 2] {
    let one = json!({
        "kind": "person",
        "name": "Dr. Zoë Ångström",
        "firstName": "Zoë",
        "lastName": "Ångström",
        "email": "zoe@example.com",
        "phone": "+49 30 901820",
        "organizationName": "Ångström & Söhne",
        "jobTitle": "Buyer",
        "website": "https://angstrom.example.com",
        "address": "Straße 1",
        "addressLine2": "Hinterhaus",
        "city": "Köln",
        "state": "NRW",
        "zipCode": "50667",
        "country": "Germany",
        "status": "active",
        "ownerId": null,
        "source": "referral",
        "externalRefs": [{ "system": "erp", "id": "1" }, { "system": "shop", "id": "2" }],
        "customFields": { "tier": "gold", "size": 3, "nested": { "list": [1, null, "x"] } },
        "metadata": { "row": 1 },
        "isArchived": false,
    });
    let other = json!({
        "kind": "organization",
        "name": "Other",
        "firstName": "A",
        "lastName": "B",
        "email": "other@example.com",
        "phone": "0123",
        "organizationName": "C",
        "jobTitle": "D",
        "website": "e.example.com",
        "address": "F",
        "addressLine2": "G",
        "city": "H",
        "state": "I",
        "zipCode": "J",
        "country": "K",
        "status": "blocked",
        "ownerId": null,
        "source": "l",
        "externalRefs": [{ "system": "erp", "id": "3" }],
        "customFields": { "m": true },
        "metadata": {},
        "isArchived": true,
    });
    [one, other]
}

fn full_custom_fields() -> [Value; 2] {
    let one = json!({
        "key": "größe",
        "label": "Größe",
        "description": "As told by the customer",
        "type": "text",
        "options": [],
        "isRequired": true,
        "default": "XL",
        "minimum": 1,
        "maximum": 12,
        "pattern": "[A-Z]+",
        "isSearchable": true,
        "isUnique": false,
        "isIndexed": false,
        "isPersonalData": true,
        "position": 7,
        "group": "Clothes",
        "isArchived": false,
    });
    let other = json!({
        "key": "size",
        "label": "Size",
        "description": "B",
        "type": "text",
        "options": [],
        "isRequired": false,
        "default": "9",
        "minimum": 0,
        "maximum": 3,
        "pattern": "[0-9]*",
        "isSearchable": false,
        "isUnique": true,
        "isIndexed": true,
        "isPersonalData": false,
        "position": 1,
        "group": "C",
        "isArchived": false,
    });
    [one, other]
}

fn invalid_custom_field() -> (Value, Vec<(&'static str, &'static str)>) {
    let body = json!({
        "label": "x".repeat(101),
        "description": "a\u{7}b",
        "minimum": 2,
        "maximum": 1,
        "pattern": "(",
        "options": [{ "value": "a" }],
        "position": -1,
        "group": "x".repeat(65),
    });
    let faults = vec![
        ("/description", "control_character"),
        ("/group", "too_long"),
        ("/label", "too_long"),
        ("/maximum", "out_of_range"),
        ("/options", "unexpected"),
        ("/pattern", "pattern_invalid"),
        ("/position", "out_of_range"),
    ];
    (body, faults)
}

fn full_interactions() -> [Value; 2] {
    let one = json!({
        "type": "video",
        "direction": "internal",
        "subject": "Erstes Gespräch",
        "content": "# Agenda\n\n- prices",
        "status": "planned",
        "outcome": "rescheduled",
        "scheduledAt": "2026-12-24T09:00:00Z",
        "startedAt": "2026-12-24T09:00:00.123456Z",
        "completedAt": null,
        "durationSeconds": 2_678_400,
        "location": "Köln",
        "meetingUrl": "https://meet.example.com/köln?a=1#b",
        "ownerId": null,
        "participants": [
            { "kind": "email", "id": null, "address": "ann@example.com", "role": "organizer", "response": "accepted" },
            { "kind": "email", "id": null, "address": "bob@example.com", "role": "optional", "response": "tentative" },
        ],
        "followUpAt": "2027-01-07T09:00:00Z",
        "metadata": { "provider": { "id": 7, "tags": ["a", null] } },
    });
    let other = json!({
        "type": "web",
        "direction": "inbound",
        "subject": "B",
        "content": "C",
        "status": "completed",
        "outcome": "d",
        "scheduledAt": "1900-01-01T00:00:00Z",
        "startedAt": "1999-12-31T23:59:59Z",
        "completedAt": "1999-12-31T23:59:59Z",
        "durationSeconds": 0,
        "location": "E",
        "meetingUrl": "http://f.example.com",
        "ownerId": null,
        "participants": [],
        "followUpAt": "9999-12-31T23:59:59.999999Z",
        "metadata": {},
    });
    [one, other]
}

fn full_tasks() -> [Value; 2] {
    let one = json!({
        "title": "Größeres Angebot",
        "description": "# Parts\n\n- prices",
        "type": "document",
        "status": "waiting",
        "priority": "urgent",
        "dueAt": "2036-12-24T09:00:00.123456Z",
        "dueDate": null,
        "startAt": "2036-12-24T09:00:00.123456Z",
        "result": null,
        "assigneeId": null,
        "collaboratorIds": [],
        "customerId": null,
        "dealId": null,
        "interactionId": null,
        "parentTaskId": null,
        "checklist": [{ "text": "Köln", "isDone": true }, { "text": "Bonn", "isDone": false }],
        "reminders": [{ "channel": "in_app", "minutesBefore": 0 }, { "channel": "email", "minutesBefore": 43_200 }],
        "recurrence": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
    });
    let other = json!({
        "title": "B",
        "description": "C",
        "type": "follow_up",
        "status": "completed",
        "priority": "low",
        "dueAt": null,
        "dueDate": "1900-01-01",
        "startAt": null,
        "result": "D",
        "assigneeId": null,
        "collaboratorIds": [],
        "customerId": null,
        "dealId": null,
        "interactionId": null,
        "parentTaskId": null,
        "checklist": [],
        "reminders": [],
        "recurrence": null,
    });
    [one, other]
}

fn invalid_task() -> (Value, Vec<(&'static str, &'static str)>) {
    let body = json!({
        "title": "x".repeat(251),
        "description": "a\u{7}b",
        "status": "waiting",
        "dueAt": "+10000-01-01T00:00:00Z",
        "dueDate": null,
        "startAt": "1899-12-31T23:59:59Z",
        "result": "Done",
        "checklist": [{ "text": " " }, { "text": "y".repeat(251) }, { "text": "a\u{7}b" }],
        "reminders": [
            { "channel": "email", "minutesBefore": 43_201 },
            { "channel": "email", "minutesBefore": 60 },
            { "channel": "email", "minutesBefore": 60 },
        ],
    });
    let faults = vec![
        ("/checklist/0/text", "required"),
        ("/checklist/1/text", "too_long"),
        ("/checklist/2/text", "control_character"),
        ("/description", "control_character"),
        ("/dueAt", "out_of_range"),
        ("/reminders/0/minutesBefore", "out_of_range"),
        ("/reminders/2", "duplicate"),
        ("/result", "not_completed"),
        ("/startAt", "out_of_range"),
        ("/title", "too_long"),
    ];
    (body, faults)
}

fn invalid_pipeline() -> (Value, Vec<(&'static str, &'static str)>) {
    let body = json!({
        "name": "x".repeat(101),
        "description": "a\u{7}b",
        "position": -1,
        "rottenDays": 3651,
        "stages": [
            { "name": "y".repeat(65), "code": "a", "probability": 101 },
            { "code": "b", "rottenDays": 0, "requiredFields": vec!["amount"; 21], "color": "gold" },
            { "name": "C", "code": "a", "kind": "won", "probability": 50 },
            { "name": "D", "id": uuid::Uuid::nil() },
        ],
    });
    let faults = vec![
        ("/description", "control_character"),
        ("/name", "too_long"),
        ("/position", "out_of_range"),
        ("/rottenDays", "out_of_range"),
        ("/stages/0/name", "too_long"),
        ("/stages/0/probability", "out_of_range"),
        ("/stages/1/color", "color_invalid"),
        ("/stages/1/name", "required"),
        ("/stages/1/requiredFields", "too_long"),
        ("/stages/1/rottenDays", "out_of_range"),
        ("/stages/2/code", "duplicate"),
        ("/stages/2/probability", "out_of_range"),
        ("/stages/3/id", "stage_unknown"),
    ];
    (body, faults)
}

fn full_deals() -> [Value; 2] {
    let one = json!({
        "name": "Größerer Auftrag",
        "amount": { "amount": 9_007_199_254_740_991_i64, "currency": "EUR" },
        "amountFromItems": false,
        "contacts": [],
        "probability": 60,
        "recurringAmount": { "amount": 1_000, "currency": "CHF" },
        "recurringInterval": "quarter",
        "expectedCloseDate": "2026-12-31",
        "lostReason": null,
        "lostNotes": null,
        "competitor": "Schmidt & Söhne",
        "source": "trade_fair",
        "type": "renewal",
        "nextStep": "Vertrag schicken",
        "nextStepAt": "2026-12-24T09:00:00.123456Z",
        "description": "# Scope\n\n- two sites",
        "quoteRef": { "system": "erp", "id": "Q-1" },
        "orderRef": { "system": "Köln", "id": "O-1" },
        "invoiceRefs": [{ "system": "erp", "id": "2" }, { "system": "erp", "id": "1" }],
        "ownerId": null,
    });
    let other = json!({
        "name": "B",
        "amount": { "amount": 0, "currency": "JPY" },
        "amountFromItems": false,
        "contacts": [],
        "probability": 0,
        "recurringAmount": { "amount": 0, "currency": "JPY" },
        "recurringInterval": "month",
        "expectedCloseDate": "1900-01-01",
        "lostReason": null,
        "lostNotes": null,
        "competitor": "C",
        "source": "d",
        "type": "new_business",
        "nextStep": "E",
        "nextStepAt": "9999-12-31T23:59:59.999999Z",
        "description": "F",
        "quoteRef": { "system": "g", "id": "h" },
        "orderRef": { "system": "i", "id": "j" },
        "invoiceRefs": [],
        "ownerId": null,
    });
    [one, other]
}

fn invalid_deal() -> (Value, Vec<(&'static str, &'static str)>) {
    let body = json!({
        "name": "x".repeat(251),
        "amount": { "amount": -1, "currency": "EUR" },
        "probability": 101,
        "expectedCloseDate": "1899-12-31",
        "contacts": [{ "customerId": uuid::Uuid::nil(), "role": "x".repeat(65) }],
        "competitor": "a\u{7}b",
        "source": "y".repeat(65),
        "nextStep": "z".repeat(501),
        "nextStepAt": "1899-12-31T23:59:59Z",
        "recurringAmount": { "amount": -1, "currency": "EUR" },
        "recurringInterval": null,
        "quoteRef": { "system": "", "id": "1" },
        "invoiceRefs": [{ "system": "erp", "id": "1" }, { "system": " erp", "id": "1" }],
    });
    let faults = vec![
        ("/amount/amount", "out_of_range"),
        ("/competitor", "control_character"),
        ("/contacts/0/role", "too_long"),
        ("/expectedCloseDate", "out_of_range"),
        ("/invoiceRefs", "duplicate"),
        ("/name", "too_long"),
        ("/nextStep", "too_long"),
        ("/nextStepAt", "out_of_range"),
        ("/probability", "out_of_range"),
        ("/quoteRef/system", "required"),
        ("/recurringAmount/amount", "out_of_range"),
        ("/recurringInterval", "required"),
        ("/source", "too_long"),
    ];
    (body, faults)
}

fn full_saved_views() -> [Value; 2] {
    let one = json!({
        "name": "Größte Kunden",
        "description": "For the Monday meeting",
        "visibility": "shared",
        "query": {
            "q": "harbour",
            "status": ["active", "prospect"],
            "kind": ["person"],
            "ownerId": "me",
            "tag": ["VIP"],
            "tagAll": ["New"],
            "isArchived": false,
            "createdFrom": "2026-01-01T00:00:00Z",
            "createdTo": "now",
            "lastContactAfter": "now-365d",
            "lastContactBefore": "now-30d",
            "nextFollowUpBefore": "now+7d",
            "filter": { "all": [{ "field": "city", "op": "eq", "value": "Köln" }] },
        },
        "sort": "-lastContactAt",
        "columns": ["name", "lastContactAt", "email"],
        "position": 7,
    });
    let other = json!({
        "name": "B",
        "description": "C",
        "visibility": "private",
        "query": {},
        "sort": "name",
        "columns": ["tags"],
        "position": 0,
    });
    [one, other]
}

fn invalid_saved_view() -> (Value, Vec<(&'static str, &'static str)>) {
    let body = json!({
        "name": "x".repeat(101),
        "description": "a\u{7}b",
        "query": {
            "status": ["vip"],
            "ownerId": "the boss",
            "isArchived": "perhaps",
            "lastContactBefore": "last week",
            "filter": { "field": "city", "op": "like", "value": "x" },
            "colour": "blue",
        },
        "sort": "-colour",
        "columns": ["name", "colour", "name"],
        "position": -1,
    });
    let faults = vec![
        ("/columns/1", "column_unknown"),
        ("/columns/2", "duplicate"),
        ("/description", "control_character"),
        ("/name", "too_long"),
        ("/position", "out_of_range"),
        ("/query/colour", "unknown_field"),
        ("/query/filter/op", "filter_invalid"),
        ("/query/isArchived", "invalid"),
        ("/query/lastContactBefore", "invalid"),
        ("/query/ownerId", "invalid"),
        ("/query/status", "invalid"),
        ("/sort", "sort_invalid"),
    ];
    (body, faults)
}

fn full_import_mappings() -> [Value; 2] {
    let one = json!({
        "name": "Größerer Laden",
        "columns": ["Voller Name", "Mail", "Nr.", ""],
        "mapping": { "Voller Name": "name", "Mail": "email", "Nr.": "customFields.number", "#4": null },
        "mode": "upsert",
        "matchBy": "email",
        "externalSystem": "shop",
        "dateOrder": "dmy",
        "defaultKind": "person",
        "optedOut": "skip",
        "organizations": "create",
    });
    let other = json!({
        "name": "B",
        "columns": ["Phone", "Name"],
        "mapping": { "Phone": "phone" },
        "mode": "update",
        "matchBy": "phone",
        "externalSystem": "erp",
        "dateOrder": "ymd",
        "defaultKind": "organization",
        "optedOut": "mark",
        "organizations": "match",
    });
    [one, other]
}

fn invalid_interaction() -> (Value, Vec<(&'static str, &'static str)>) {
    let id = uuid::Uuid::nil();
    let body = json!({
        "subject": "x".repeat(251),
        "content": "a\u{7}b",
        "status": "planned",
        "outcome": "y".repeat(65),
        "scheduledAt": "1899-12-31T23:59:59Z",
        "startedAt": "2026-06-01T12:00:00Z",
        "completedAt": "2026-06-01T11:59:59Z",
        "durationSeconds": -1,
        "location": "z".repeat(251),
        "meetingUrl": "meet.example.com",
        "participants": [
            { "kind": "user" },
            { "kind": "customer", "id": id, "address": "ann@example.com" },
            { "kind": "email", "id": id },
            { "kind": "email", "address": "nobody" },
            { "kind": "email", "address": "NOBODY" },
        ],
        "followUpAt": "+10000-01-01T00:00:00Z",
        "metadata": { "much": "x".repeat(17_000) },
    });
    let faults = vec![
        ("/completedAt", "before_start"),
        ("/completedAt", "not_completed"),
        ("/content", "control_character"),
        ("/durationSeconds", "out_of_range"),
        ("/followUpAt", "out_of_range"),
        ("/location", "too_long"),
        ("/meetingUrl", "website_invalid"),
        ("/metadata", "too_long"),
        ("/outcome", "too_long"),
        ("/participants", "duplicate"),
        ("/participants/0/id", "required"),
        ("/participants/1/address", "unexpected"),
        ("/participants/2/address", "required"),
        ("/participants/2/id", "unexpected"),
        ("/participants/3/address", "email_invalid"),
        ("/participants/4/address", "email_invalid"),
        ("/scheduledAt", "out_of_range"),
        ("/subject", "too_long"),
    ];
    (body, faults)
}

impl Resource {
    fn path(&self, method: &str, below: &str) -> String {
        let item = !below.is_empty() || ["PUT", "PATCH", "DELETE"].contains(&method);
        if item { format!("{}{below}", self.item) } else { self.list.to_owned() }
    }

    /// True if the document has this operation: on the list, or below one record.
    pub fn can(&self, method: &str, below: &str) -> bool {
        document().at(method, &self.path(method, below)).is_some()
    }

    pub fn operation(&self, method: &str, below: &str) -> &'static Operation {
        document().at(method, &self.path(method, below)).expect("an operation of the document")
    }
}

/// A resource in a fresh company, with the path of its list there.
pub struct Made {
    pub resource: &'static Resource,
    pub api: Api,
    pub list: String,
    parent: Value,
}

impl Made {
    pub async fn of(database: &TestDatabase, resource: &'static Resource) -> Self {
        Self::in_company(Api::new(database).await, resource).await
    }

    pub async fn in_company(api: Api, resource: &'static Resource) -> Self {
        let list = (resource.at)(&api).await;
        let parent = match resource.parent {
            Some(parent) => parent(&api).await,
            None => json!({}),
        };
        Self { resource, api, list, parent }
    }

    /// A body as a POST takes it.
    pub fn posted(&self, body: &Value) -> Value {
        let mut posted = body.clone();
        for (name, value) in self.parent.as_object().expect("an object") {
            posted[name] = value.clone();
        }
        posted
    }

    /// The body that adds the `n`-th record.
    pub fn body(&self, n: usize) -> Value {
        self.posted(&(self.resource.new)(n))
    }

    /// Adds a record with this body.
    pub async fn add(&self, body: &Value) -> Answer {
        self.api.admin().post(&self.list).json(&self.posted(body)).await.expect(201)
    }

    /// Adds the `n`-th record, and gives it.
    #[allow(clippy::wrong_self_convention, clippy::new_ret_no_self, reason = "a new record of the resource")]
    pub async fn new(&self, n: usize) -> Value {
        self.add(&(self.resource.new)(n)).await.json()
    }

    /// The path of a record.
    pub fn path(&self, record: &Value) -> String {
        format!("{}/{}", self.list, record["id"].as_str().expect("an id"))
    }

    /// The path of a fresh record.
    pub async fn fresh(&self) -> String {
        self.path(&self.new(0).await)
    }

    /// The path of a record that is not there.
    pub fn missing(&self) -> String {
        format!("{}/{}", self.list, uuid::Uuid::now_v7())
    }

    /// Every writable field with a value, on a record with this path.
    pub async fn filled(&self) -> (String, Value) {
        let record = self.add(&(self.resource.full)()[0]).await.json();
        (self.path(&record), record)
    }
}
