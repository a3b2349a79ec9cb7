//! Capture forms, as a resource.

use serde_json::{Value, json};

use super::Resource;

pub const CAPTURE_FORMS: Resource = Resource {
    name: "capture_forms",
    list: "/api/capture-forms",
    item: "/api/capture-forms/{captureFormId}",
    kind: "capture_form",
    // The statuses are made before, so that they are no records of the first form.
    at: |api| {
        let admin = api.admin();
        Box::pin(async move {
            admin.post("/api/lead-statuses/usual").await.expect(200);
            "/api/capture-forms".to_owned()
        })
    },
    parent: None,
    new: |n| json!({ "name": format!("Form {n:03}"), "fields": [email()] }),
    full: full_forms,
    optional: "source",
    sorts: &["name", "-name", "createdAt", "-createdAt"],
    invalid: || {
        let body = json!({
            "name": "x".repeat(101),
            "source": "a\u{7}b",
            "fields": [
                { "key": "email", "label": " ", "isRequired": true },
                { "key": "ownerId", "label": "Owner" },
                { "key": "email", "label": "x".repeat(101) },
            ],
            "origins": ["https://www.example.com", "https://www.example.com/", "https://www.example.com/contact"],
            "tags": ["a,b"],
            "redirectUrl": "javascript:alert(1)",
        });
        let faults = vec![
            ("/fields/0/label", "required"),
            ("/fields/1/key", "field_unknown"),
            ("/fields/2/key", "duplicate"),
            ("/fields/2/label", "too_long"),
            ("/name", "too_long"),
            ("/origins/1", "duplicate"),
            ("/origins/2", "origin_invalid"),
            ("/redirectUrl", "website_invalid"),
            ("/source", "control_character"),
            ("/tags/0", "name_invalid"),
        ];
        (body, faults)
    },
    mistyped: || {
        vec![
            ("/name", json!({ "name": 1 })),
            ("/fields/0", json!({ "fields": ["email"] })),
            ("/fields/0/isRequired", json!({ "fields": [{ "key": "email", "label": "E-mail", "isRequired": "no" }] })),
            ("/origins/0", json!({ "origins": [1] })),
            ("/ownerId", json!({ "ownerId": "unknown" })),
            ("/tags", json!({ "tags": "Website" })),
            ("/onDuplicate", json!({ "onDuplicate": "merge" })),
            ("/requiresChallenge", json!({ "requiresChallenge": "yes" })),
            ("/isActive", json!({ "isActive": 1 })),
        ]
    },
    unique: Some(|| (json!({ "name": "Contact", "fields": [email()] }), "capture_form_name_taken", "/name")),
};

fn email() -> Value {
    json!({ "key": "email", "label": "E-mail", "isRequired": true })
}

fn full_forms() -> [Value; 2] {
    let one = json!({
        "name": "Größtes Formular",
        "fields": [email(), { "key": "description", "label": "Nachricht", "isRequired": false }],
        "origins": ["https://www.example.com", "http://localhost:8080"],
        "source": "web_form",
        "ownerId": null,
        "tags": ["Website"],
        "status": "contacted",
        "consentText": "You may write to me.\nI can take that back.",
        "redirectUrl": "https://www.example.com/thanks",
        "requiresChallenge": false,
        "onDuplicate": "update",
        "isActive": false,
    });
    let other = json!({
        "name": "B",
        "fields": [{ "key": "phone", "label": "C", "isRequired": false }],
        "origins": ["https://d.example"],
        "source": "e",
        "ownerId": null,
        "tags": ["F"],
        "status": "new",
        "consentText": "G",
        "redirectUrl": "https://h.example/i",
        "requiresChallenge": true,
        "onDuplicate": "create",
        "isActive": true,
    });
    [one, other]
}
