//! Examples of capture forms and of what is sent with them.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER, nulls};

/// The form that examples read and change.
pub const CAPTURE_FORM: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001401");
/// The form that the example of deleting deletes.
pub const CAPTURE_FORM_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001402");
/// The form that the example of another key gives one.
pub const CAPTURE_FORM_TO_ROTATE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001403");
/// The key of the form that the example sends: that of a company of the demo.
pub const CAPTURE_FORM_KEY: &str = "IPkT2JArWGWAMTCKYHlEQmtra2tra2tra2tra2trawA";

/// The writable fields of the form.
#[must_use]
pub fn capture_form_fields() -> Value {
    json!({
        "name": "Contact",
        "fields": [
            { "key": "name", "label": "Your name", "isRequired": false },
            { "key": "email", "label": "Your e-mail address", "isRequired": true },
            { "key": "description", "label": "Your message", "isRequired": false },
        ],
        "origins": ["https://www.example.com"],
        "source": "web_form",
        "ownerId": null,
        "tags": ["Newsletter"],
        "status": null,
        "consentText": "You may write to me about my question.",
        "redirectUrl": "https://www.example.com/thank-you",
        "requiresChallenge": false,
        "onDuplicate": "update",
        "isActive": true,
    })
}

/// A form to add.
#[must_use]
pub fn new_capture_form() -> Value {
    json!({
        "name": "Trade fair",
        "fields": [{ "key": "email", "label": "Your e-mail address", "isRequired": true }],
        "origins": ["https://fair.example.com"],
        "source": "trade fair",
    })
}

/// A change of the form.
#[must_use]
pub fn capture_form_patch() -> Value {
    json!({ "source": "website", "origins": ["https://www.example.com", "https://shop.example.com"] })
}

/// The form as an answer shows it.
#[must_use]
pub fn capture_form() -> Value {
    let mut form = capture_form_fields();
    crm_core::patch::merge(&mut form, written(CAPTURE_FORM, CAPTURE_FORM_KEY, 1));
    nulls(form, &["ownerId", "owner", "status", "lastSubmittedAt"])
}

/// The form that was added.
#[must_use]
pub fn created_capture_form() -> Value {
    let mut form = new_capture_form();
    let key = "IPkT2JArWGWAMTCKYHlEQmtra2tra2tra2tra2trawM";
    crm_core::patch::merge(&mut form, written(uuid!("019eca9d-cdc0-7000-8000-00000000140a"), key, 0));
    let defaults = json!({ "tags": [], "requiresChallenge": true, "onDuplicate": "create", "isActive": true });
    crm_core::patch::merge(&mut form, defaults);
    nulls(form, &["ownerId", "owner", "status", "consentText", "redirectUrl", "lastSubmittedAt"])
}

fn written(id: Uuid, key: &str, consent_version: i64) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "key": key,
        "consentVersion": consent_version,
        "submissions": 0,
        "rejected": 0,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// What a page needs to send the form.
#[must_use]
pub fn capture_challenge() -> Value {
    json!({
        "challenge": "AAZRvTqzQAABnsqdzcBwAIAAAAAAABQBq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s",
        "minSeconds": 3,
        "maxSeconds": 43_200,
        "consentText": "You may write to me about my question.",
    })
}

/// What a visitor has filled in.
#[must_use]
pub fn new_submission() -> Value {
    json!({
        "fields": {
            "name": "Ida Moor",
            "email": "ida.moor@example.com",
            "description": "What do 200 units cost?",
        },
        "consent": true,
        "utm": { "source": "newsletter", "medium": "email", "campaign": "spring" },
        "landingPage": "https://www.example.com/contact",
    })
}

/// The same, as a page sends a form.
pub const SUBMISSION_FORM: &str =
    "name=Ida+Moor&email=ida.moor%40example.com&consent=yes&company_fax=&utm_campaign=spring";

/// What the sender is told.
#[must_use]
pub fn capture_receipt(media_type: &str) -> Value {
    match media_type {
        "text/html" => json!("<!doctype html><html lang=\"en\"><title>Thank you</title><h1>Thank you</h1></html>"),
        _ => json!({ "redirectUrl": "https://www.example.com/thank-you" }),
    }
}

/// What is kept of a submission.
#[must_use]
pub fn capture_submission() -> Value {
    json!({
        "id": "019eca9d-cdc0-7000-8000-000000001501",
        "formId": CAPTURE_FORM,
        "formName": "Contact",
        "submittedAt": ADDED_AT,
        "outcome": "created",
        "fields": new_submission()["fields"],
        "consentText": "You may write to me about my question.",
        "consentVersion": 1,
        "landingPage": "https://www.example.com/contact",
        "referrer": null,
    })
}

#[cfg(test)]
mod tests {
    use crm_core::capture_forms::{CaptureForm, CaptureFormPatch, CaptureSubmission, NewCaptureForm, NewSubmission};
    use serde_json::from_value;

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<CaptureForm>(&super::capture_form());
        is_exactly::<CaptureForm>(&super::created_capture_form());
        is_exactly::<CaptureSubmission>(&super::capture_submission());
        is_exactly::<NewCaptureForm>(&super::capture_form_fields());
        from_value::<NewCaptureForm>(super::new_capture_form()).unwrap();
        from_value::<CaptureFormPatch>(super::capture_form_patch()).unwrap();
        from_value::<NewSubmission>(super::new_submission()).unwrap();
    }
}
