//! Leads and their statuses, as resources.

use crm_core::actor::Role;
use serde_json::{Value, json};

use super::Resource;

pub const LEADS: Resource = Resource {
    name: "leads",
    list: "/api/leads",
    item: "/api/leads/{leadId}",
    kind: "lead",
    // The statuses are made before, so that they are no records of the first lead.
    at: |api| {
        let admin = api.admin();
        Box::pin(async move {
            admin.post("/api/lead-statuses/usual").await.expect(200);
            "/api/leads".to_owned()
        })
    },
    parent: None,
    new: |n| json!({ "kind": "organization", "name": format!("Lead {n:03}"), "source": "web_site" }),
    full: full_leads,
    optional: "jobTitle",
    sorts: &["createdAt", "-createdAt", "updatedAt", "-updatedAt", "name", "-name", "score", "-score"],
    invalid: || {
        let body = json!({
            "name": "x".repeat(251),
            "email": "no address",
            "website": "ftp://example.com",
            "city": "Bo\u{0}nn",
            "statusReason": "y".repeat(501),
            "sourceDetail": "a\u{7}b",
            "utm": { "source": "z".repeat(256) },
            "priority": 4,
            "estimatedValue": { "amount": -1, "currency": "EUR" },
            "expectedCloseDate": "1899-12-31",
            "externalRefs": [{ "system": "", "id": "1" }],
            "customFields": { "much": "x".repeat(17_000) },
        });
        let faults = vec![
            ("/city", "control_character"),
            ("/customFields", "too_long"),
            ("/email", "email_invalid"),
            ("/estimatedValue/amount", "out_of_range"),
            ("/expectedCloseDate", "out_of_range"),
            ("/externalRefs/0/system", "required"),
            ("/name", "too_long"),
            ("/priority", "out_of_range"),
            ("/sourceDetail", "control_character"),
            ("/statusReason", "too_long"),
            ("/utm/source", "too_long"),
            ("/website", "website_invalid"),
        ];
        (body, faults)
    },
    mistyped: || {
        vec![
            ("/name", json!({ "name": 1 })),
            ("/status", json!({ "status": 7 })),
            ("/rating", json!({ "rating": "tepid" })),
            ("/priority", json!({ "priority": "high" })),
            ("/utm/source", json!({ "utm": { "source": 1 } })),
            ("/ownerId", json!({ "ownerId": "unknown" })),
            ("/estimatedValue", json!({ "estimatedValue": "much" })),
            ("/doNotCall", json!({ "doNotCall": "no" })),
            ("/expectedCloseDate", json!({ "expectedCloseDate": "soon" })),
            ("/externalRefs/0", json!({ "externalRefs": ["erp"] })),
            ("/customFields", json!({ "customFields": [] })),
        ]
    },
    unique: None,
};

pub const LEAD_STATUSES: Resource = Resource {
    name: "lead_statuses",
    list: "/api/lead-statuses",
    item: "/api/lead-statuses/{leadStatusId}",
    kind: "lead_status",
    at: |_| Box::pin(async { "/api/lead-statuses".to_owned() }),
    parent: None,
    // None of them is the default, which stays while there are others.
    new: |n| json!({ "name": format!("Status {n:03}"), "type": "ongoing", "position": n }),
    full: || {
        let one = json!({
            "name": "Größtes Interesse",
            "code": "interested",
            "description": "Wants an offer",
            "type": "lost",
            "isDefault": false,
            "requiresReason": true,
            "position": 7,
            "color": "#d4af37",
            "isArchived": false,
        });
        let other = json!({
            "name": "B",
            "code": "b",
            "description": "C",
            "type": "open",
            "isDefault": true,
            "requiresReason": false,
            "position": 0,
            "color": "#00ff00",
            "isArchived": false,
        });
        [one, other]
    },
    optional: "description",
    sorts: &["position", "-position", "name", "-name", "createdAt", "-createdAt"],
    invalid: || {
        let body = json!({ "name": "x".repeat(65), "description": "a\u{7}b", "color": "gold", "position": -1 });
        let faults = vec![
            ("/color", "color_invalid"),
            ("/description", "control_character"),
            ("/name", "too_long"),
            ("/position", "out_of_range"),
        ];
        (body, faults)
    },
    mistyped: || {
        vec![
            ("/name", json!({ "name": 1 })),
            ("/color", json!({ "color": true })),
            ("/isDefault", json!({ "isDefault": "yes" })),
            ("/requiresReason", json!({ "requiresReason": "no" })),
            ("/position", json!({ "position": "first" })),
        ]
    },
    unique: Some(|| (json!({ "name": "Waiting" }), "lead_status_name_taken", "/name")),
};

// Only rules that do not count: the others have a job, whose records are no part of theirs.
pub const LEAD_SCORING_RULES: Resource = Resource {
    name: "lead_scoring_rules",
    list: "/api/lead-scoring/rules",
    item: "/api/lead-scoring/rules/{leadScoringRuleId}",
    kind: "lead_scoring_rule",
    at: |_| Box::pin(async { "/api/lead-scoring/rules".to_owned() }),
    parent: None,
    new: |n| {
        json!({
            "name": format!("Rule {n:03}"),
            "condition": { "field": "rating", "op": "eq", "value": "hot" },
            "points": 5,
            "isActive": false,
            "position": n,
        })
    },
    full: || {
        let one = json!({
            "name": "Größtes Interesse",
            "description": "Was rated so",
            "condition": { "all": [{ "field": "rating", "op": "in", "value": ["hot", "warm"] }] },
            "points": 100,
            "decayDays": 3650,
            "isActive": false,
            "position": 7,
        });
        let other = json!({
            "name": "B",
            "description": "C",
            "condition": { "not": { "field": "tags", "op": "has_any", "value": ["VIP"] } },
            "points": -100,
            "decayDays": 1,
            "isActive": false,
            "position": 0,
        });
        [one, other]
    },
    optional: "description",
    sorts: &["position", "-position", "name", "-name", "createdAt", "-createdAt"],
    invalid: || {
        let body = json!({
            "name": "x".repeat(101),
            "description": "a\u{7}b",
            "condition": { "all": [{ "field": "rating", "op": "like", "value": "hot" }] },
            "points": 101,
            "decayDays": 0,
            "position": -1,
        });
        let faults = vec![
            ("/condition/all/0/op", "filter_invalid"),
            ("/decayDays", "out_of_range"),
            ("/description", "control_character"),
            ("/name", "too_long"),
            ("/points", "out_of_range"),
            ("/position", "out_of_range"),
        ];
        (body, faults)
    },
    mistyped: || {
        vec![
            ("/name", json!({ "name": 1 })),
            ("/condition", json!({ "condition": "hot" })),
            ("/points", json!({ "points": "many" })),
            ("/decayDays", json!({ "decayDays": "a week" })),
            ("/isActive", json!({ "isActive": "yes" })),
            ("/position", json!({ "position": "first" })),
        ]
    },
    unique: None,
};

pub const LEAD_ASSIGNMENT_RULES: Resource = Resource {
    name: "lead_assignment_rules",
    list: "/api/lead-assignment-rules",
    item: "/api/lead-assignment-rules/{leadAssignmentRuleId}",
    kind: "lead_assignment_rule",
    at: |_| Box::pin(async { "/api/lead-assignment-rules".to_owned() }),
    // The users of a rule are the company's.
    parent: Some(|api| {
        let user = api.user(Role::Admin);
        Box::pin(async move { json!({ "userIds": [user] }) })
    }),
    new: |n| json!({ "name": format!("Rule {n:03}"), "position": n }),
    full: || {
        let one = json!({
            "name": "Köln",
            "description": "Für Größere",
            "condition": { "all": [{ "field": "city", "op": "eq", "value": "Köln" }] },
            "strategy": "least_loaded",
            "teamId": null,
            "field": null,
            "fieldUsers": [],
            "capacity": 5,
            "workingHoursOnly": true,
            "position": 7,
            "isActive": false,
        });
        let other = json!({
            "name": "B",
            "description": "C",
            "condition": { "field": "rating", "op": "in", "value": ["hot"] },
            "strategy": "round_robin",
            "teamId": null,
            "field": null,
            "fieldUsers": [],
            "capacity": 1,
            "workingHoursOnly": false,
            "position": 0,
            "isActive": true,
        });
        [one, other]
    },
    optional: "description",
    sorts: &["position", "-position", "name", "-name", "createdAt", "-createdAt"],
    invalid: || {
        let body = json!({
            "name": "x".repeat(101),
            "description": "a\u{7}b",
            "condition": { "field": "shoeSize", "op": "eq", "value": 1 },
            "capacity": 0,
            "position": -1,
        });
        let faults = vec![
            ("/capacity", "out_of_range"),
            ("/condition", "filter_invalid"),
            ("/description", "control_character"),
            ("/name", "too_long"),
            ("/position", "out_of_range"),
        ];
        (body, faults)
    },
    mistyped: || {
        vec![
            ("/name", json!({ "name": 1 })),
            ("/condition", json!({ "condition": "all" })),
            ("/strategy", json!({ "strategy": "dice" })),
            ("/userIds/0", json!({ "userIds": ["Ann"] })),
            ("/capacity", json!({ "capacity": "much" })),
            ("/isActive", json!({ "isActive": "yes" })),
        ]
    },
    unique: None,
};

fn full_leads() -> [Value; 2] {
    let one = json!({
        "kind": "person",
        "name": "Dr. Zoë Ångström",
        "salutation": "Dr.",
        "firstName": "Zoë",
        "lastName": "Ångström",
        "email": "zoe@example.com",
        "phone": "+49 30 901820",
        "organizationName": "Ångström & Söhne",
        "jobTitle": "Buyer",
        "language": "sv",
        "timeZone": "Europe/Stockholm",
        "industry": "Schiffbau",
        "employeeBand": "51_200",
        "annualRevenue": { "amount": 9_007_199_254_740_991_i64, "currency": "EUR" },
        "website": "https://angstrom.example.com",
        "address": "Straße 1",
        "addressLine2": "Hinterhaus",
        "city": "Köln",
        "state": "NRW",
        "zipCode": "50667",
        "country": "Germany",
        "description": "# Asks\n\n- for 200 units",
        "status": "contacted",
        "statusReason": "Wünscht ein Angebot",
        "source": "Messe",
        "sourceDetail": "Halle 7",
        "utm": { "source": "a", "medium": "b", "campaign": "c", "term": "d", "content": "e" },
        "referredBy": "Schmidt & Söhne",
        "rating": "hot",
        "priority": 3,
        "ownerId": null,
        "estimatedValue": { "amount": 1_250_000, "currency": "EUR" },
        "expectedCloseDate": "2026-12-31",
        "lostReason": null,
        "lostNotes": null,
        "doNotCall": true,
        "doNotEmail": true,
        "externalRefs": [{ "system": "fair", "id": "1" }, { "system": "shop", "id": "2" }],
        "customFields": { "tier": "gold", "size": 3, "nested": { "list": [1, null, "x"] } },
        "metadata": { "row": 1 },
        "isArchived": false,
    });
    let other = json!({
        "kind": "organization",
        "name": "Other",
        "salutation": "A",
        "firstName": "B",
        "lastName": "C",
        "email": "other@example.com",
        "phone": "0123",
        "organizationName": "D",
        "jobTitle": "E",
        "language": "de",
        "timeZone": "Europe/Berlin",
        "industry": "F",
        "employeeBand": "1_10",
        "annualRevenue": { "amount": 0, "currency": "JPY" },
        "website": "g.example.com",
        "address": "H",
        "addressLine2": "I",
        "city": "J",
        "state": "K",
        "zipCode": "L",
        "country": "M",
        "description": "N",
        "status": "in_progress",
        "statusReason": "O",
        "source": "p",
        "sourceDetail": "Q",
        "utm": { "source": null, "medium": null, "campaign": "r", "term": null, "content": null },
        "referredBy": "S",
        "rating": "cold",
        "priority": 0,
        "ownerId": null,
        "estimatedValue": { "amount": 1, "currency": "USD" },
        "expectedCloseDate": "1900-01-01",
        "lostReason": null,
        "lostNotes": null,
        "doNotCall": false,
        "doNotEmail": false,
        "externalRefs": [{ "system": "erp", "id": "3" }],
        "customFields": { "m": true },
        "metadata": {},
        "isArchived": true,
    });
    [one, other]
}
