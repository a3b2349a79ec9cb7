//! Examples of consents and of the do-not-contact list.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, OWNER, nulls};

/// The consent that examples read.
pub const CONSENT: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001901");
/// The consent of the lead that examples read.
pub const LEAD_CONSENT: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001902");
/// The entry of the do-not-contact list that examples read.
pub const SUPPRESSION: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001911");
/// The entry that the example of deleting deletes.
pub const SUPPRESSION_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001912");

/// All fields of a consent that can be given.
#[must_use]
pub fn consent_fields() -> Value {
    json!({
        "purpose": "newsletter",
        "channel": "email",
        "state": "granted",
        "lawfulBasis": "consent",
        "source": "website",
        "textVersion": "2026-03",
        "proof": "Double opt-in, confirmed by link",
        "obtainedAt": "2026-06-14T08:15:00Z",
        "expiresAt": null,
    })
}

/// A consent to record.
#[must_use]
pub fn new_consent() -> Value {
    json!({ "purpose": "survey", "channel": "phone", "state": "granted", "source": "phone", "proof": "Said so in the call" })
}

/// The consent as an answer shows it.
#[must_use]
pub fn consent() -> Value {
    let mut consent = consent_fields();
    crm_core::patch::merge(&mut consent, written(CONSENT));
    consent["customerId"] = json!(CUSTOMER);
    nulls(consent, &["expiresAt"])
}

/// The consent that was recorded.
#[must_use]
pub fn created_consent() -> Value {
    let mut consent = new_consent();
    crm_core::patch::merge(&mut consent, written(uuid!("019eca9d-cdc0-7000-8000-00000000190a")));
    crm_core::patch::merge(
        &mut consent,
        json!({ "customerId": CUSTOMER, "lawfulBasis": "consent", "obtainedAt": ADDED_AT }),
    );
    nulls(consent, &["textVersion", "expiresAt"])
}

/// What holds now.
#[must_use]
pub fn current_consents() -> Value {
    json!({ "at": "2026-06-20T10:00:00Z", "consents": [{ "status": "granted", "consent": consent() }] })
}

/// Whether the customer may be contacted.
#[must_use]
pub fn may_contact() -> Value {
    json!({
        "allowed": true,
        "purpose": "newsletter",
        "channel": "email",
        "at": "2026-06-20T10:00:00Z",
        "reasons": [],
        "status": "granted",
        "lawfulBasis": "consent",
        "consentId": CONSENT,
        "contactPoints": [
            { "value": "grace.harbour@example.com", "isPrimary": true, "allowed": true, "reasons": [] },
            { "value": "grace@harbour.example.com", "isPrimary": false, "allowed": false, "reasons": ["opted_out"] },
        ],
    })
}

/// All fields of an entry of the do-not-contact list that can be given.
#[must_use]
pub fn suppression_fields() -> Value {
    json!({
        "kind": "email",
        "value": "no.more@example.com",
        "reason": "unsubscribe",
        "source": "webhook",
        "note": "By the link of a newsletter",
    })
}

/// An entry to add.
#[must_use]
pub fn new_suppression() -> Value {
    json!({ "value": "+1 212 555 2399", "note": "Asked for it on the phone" })
}

/// Entries to add.
#[must_use]
pub fn new_suppressions() -> Value {
    json!({
        "entries": [
            { "value": "left@example.com", "reason": "bounce" },
            { "value": "@competitor.example", "reason": "legal" },
        ],
    })
}

/// The entry as an answer shows it.
#[must_use]
pub fn suppression() -> Value {
    let mut entry = suppression_fields();
    crm_core::patch::merge(&mut entry, written(SUPPRESSION));
    entry
}

/// The entry that was added.
#[must_use]
pub fn created_suppression() -> Value {
    let mut entry = new_suppression();
    crm_core::patch::merge(&mut entry, written(uuid!("019eca9d-cdc0-7000-8000-00000000191a")));
    crm_core::patch::merge(
        &mut entry,
        json!({ "kind": "phone", "value": "+12125552399", "reason": "do_not_contact", "source": "manual" }),
    );
    entry
}

fn written(id: Uuid) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

#[cfg(test)]
mod tests {
    use crm_core::consents::{Consent, CurrentConsents, MayContact, NewConsent};
    use crm_core::suppressions::{NewSuppression, NewSuppressions, Suppression};
    use serde_json::from_value;

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<Consent>(&super::consent());
        is_exactly::<Consent>(&super::created_consent());
        is_exactly::<NewConsent>(&super::consent_fields());
        from_value::<NewConsent>(super::new_consent()).unwrap();
        is_exactly::<CurrentConsents>(&super::current_consents());
        is_exactly::<MayContact>(&super::may_contact());
        is_exactly::<Suppression>(&super::suppression());
        is_exactly::<Suppression>(&super::created_suppression());
        is_exactly::<NewSuppression>(&super::suppression_fields());
        from_value::<NewSuppression>(super::new_suppression()).unwrap();
        from_value::<NewSuppressions>(super::new_suppressions()).unwrap();
    }
}
