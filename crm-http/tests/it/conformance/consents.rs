//! Consents and the do-not-contact list, as resources.

use serde_json::json;

use super::Resource;
use super::resource::below_a_customer;

pub const CONSENTS: Resource = Resource {
    name: "consents",
    list: "/api/customers/{customerId}/consents",
    item: "/api/customers/{customerId}/consents/{consentId}",
    kind: "consent",
    at: |api| below_a_customer(api, "consents"),
    parent: None,
    new: |n| {
        json!({
            "purpose": format!("purpose_{n:03}"),
            "channel": "email",
            "state": "granted",
            "obtainedAt": format!("2020-01-{:02}T09:00:00Z", n % 28 + 1),
        })
    },
    full: || {
        let one = json!({
            "purpose": "newsletter",
            "channel": "email",
            "state": "granted",
            "lawfulBasis": "legitimate_interest",
            "source": "in_person",
            "textVersion": "Fassung 3, März",
            "proof": "Visitenkarte:\n\n- Messe",
            "obtainedAt": "2020-02-03T04:05:06.123456Z",
            "expiresAt": "2999-01-01T00:00:00Z",
        });
        let other = json!({
            "purpose": "our_own_1",
            "channel": "post",
            "state": "withdrawn",
            "lawfulBasis": "consent",
            "source": "erp",
            "textVersion": "B",
            "proof": "C",
            "obtainedAt": "2020-02-03T04:05:06Z",
            "expiresAt": null,
        });
        [one, other]
    },
    optional: "proof",
    sorts: &["obtainedAt", "-obtainedAt"],
    invalid: || {
        let body = json!({
            "purpose": "größe",
            "channel": "email",
            "state": "granted",
            "textVersion": "x".repeat(101),
            "proof": "a\u{7}b",
            "obtainedAt": "2999-01-01T00:00:00Z",
            "expiresAt": "2998-01-01T00:00:00Z",
        });
        let faults = vec![
            ("/expiresAt", "before_start"),
            ("/obtainedAt", "in_the_future"),
            ("/proof", "control_character"),
            ("/purpose", "purpose_invalid"),
            ("/textVersion", "too_long"),
        ];
        (body, faults)
    },
    mistyped: || {
        vec![
            ("/purpose", json!({ "purpose": 1 })),
            ("/channel", json!({ "channel": "pigeon" })),
            ("/state", json!({ "state": "maybe" })),
            ("/lawfulBasis", json!({ "lawfulBasis": "whim" })),
            ("/source", json!({ "source": 7 })),
            ("/obtainedAt", json!({ "obtainedAt": "yesterday" })),
            ("/expiresAt", json!({ "expiresAt": "soon" })),
        ]
    },
    unique: None,
};

pub const SUPPRESSIONS: Resource = Resource {
    name: "suppressions",
    list: "/api/suppressions",
    item: "/api/suppressions/{suppressionId}",
    kind: "suppression",
    at: |_| Box::pin(async { "/api/suppressions".to_owned() }),
    parent: None,
    new: |n| json!({ "value": format!("a{n:03}@example.com") }),
    full: || {
        let one = json!({
            "kind": "email",
            "value": "zoe@müller.example",
            "reason": "bounce",
            "source": "webhook",
            "note": "Unzustellbar:\n\nBriefkasten voll",
        });
        let other = json!({
            "kind": "domain",
            "value": "b.example",
            "reason": "legal",
            "source": "import",
            "note": "C",
        });
        [one, other]
    },
    optional: "note",
    sorts: &["createdAt", "-createdAt", "value", "-value"],
    invalid: || {
        let body = json!({ "kind": "email", "value": "no address", "note": "a\u{7}b" });
        (body, vec![("/note", "control_character"), ("/value", "email_invalid")])
    },
    mistyped: || {
        vec![
            ("/kind", json!({ "kind": "fax" })),
            ("/value", json!({ "value": 1 })),
            ("/reason", json!({ "reason": "mood" })),
            ("/source", json!({ "source": 7 })),
            ("/note", json!({ "note": [] })),
        ]
    },
    unique: Some(|| (json!({ "value": "Ann@Example.com" }), "suppression_exists", "/value")),
};
