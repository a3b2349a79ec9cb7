//! Examples of leads and of their statuses.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, LEAD_ASSIGNMENT_RULE, OWNER, customer, customer_tags, nulls};

/// The lead that examples read and change.
pub const LEAD: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001101");
/// The lead that the example of deleting deletes.
pub const LEAD_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001102");
/// The lead in the trash that the example of restoring restores.
pub const LEAD_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001103");
/// The lead that the example of purging removes.
pub const LEAD_TO_PURGE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001104");
/// The lead that the example of converting makes a customer.
pub const LEAD_TO_CONVERT: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001105");
/// The converted lead whose conversion the example of undoing takes back.
pub const CONVERTED_LEAD: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001106");
/// The lead that the example of converting many makes a customer.
pub const LEAD_TO_CONVERT_AT_ONCE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001107");
/// The note of the lead that examples read and change.
pub const LEAD_NOTE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001201");
/// The note of the lead that the example of deleting deletes.
pub const LEAD_NOTE_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001202");
/// The note of the lead in the trash that the example of restoring restores.
pub const LEAD_NOTE_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001203");
/// The interaction with the lead that examples read and change.
pub const LEAD_INTERACTION: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001301");
/// The planned interaction with the lead that the example of completing completes.
pub const LEAD_INTERACTION_TO_COMPLETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001302");
/// The interaction with the lead that the example of deleting deletes.
pub const LEAD_INTERACTION_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001303");
/// The interaction with the lead in the trash that the example of restoring restores.
pub const LEAD_INTERACTION_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001304");
/// The status that examples read and change.
pub const LEAD_STATUS: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001001");
/// The status that the example of deleting deletes.
pub const LEAD_STATUS_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001002");

/// The writable fields of the status.
#[must_use]
pub fn lead_status_fields() -> Value {
    json!({
        "name": "Nurturing",
        "code": "nurturing",
        "description": "Not this year, but perhaps the next",
        "type": "on_hold",
        "isDefault": false,
        "requiresReason": false,
        "position": 5,
        "color": "#1f77b4",
        "isArchived": false,
    })
}

/// A status to add.
#[must_use]
pub fn new_lead_status() -> Value {
    json!({ "name": "No budget", "type": "lost", "requiresReason": true, "position": 6 })
}

/// A change of the status.
#[must_use]
pub fn lead_status_patch() -> Value {
    json!({ "color": "#ff7f0e", "position": 7 })
}

/// The status as an answer shows it.
#[must_use]
pub fn lead_status() -> Value {
    let mut status = lead_status_fields();
    crm_core::patch::merge(&mut status, written(LEAD_STATUS, 1));
    status
}

/// The status that was added.
#[must_use]
pub fn created_lead_status() -> Value {
    let mut status = new_lead_status();
    crm_core::patch::merge(&mut status, written(uuid!("019eca9d-cdc0-7000-8000-00000000100a"), 1));
    crm_core::patch::merge(&mut status, json!({ "code": "no_budget", "isDefault": false, "isArchived": false }));
    nulls(status, &["description", "color"])
}

fn written(id: Uuid, version: i64) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": version,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// The writable fields of the lead.
#[must_use]
pub fn lead_fields() -> Value {
    json!({
        "kind": "person",
        "name": "Oscar Quay",
        "salutation": "Mr.",
        "firstName": "Oscar",
        "lastName": "Quay",
        "email": "oscar.quay@example.com",
        "phone": "+1 212 555 2399",
        "organizationName": "Quay Logistics",
        "jobTitle": "Head of fleet",
        "language": "en-US",
        "timeZone": "America/New_York",
        "industry": "Shipping",
        "employeeBand": "51_200",
        "annualRevenue": { "amount": 90_000_000, "currency": "USD" },
        "website": "https://quay.example.com",
        "address": "7 Pier Road",
        "addressLine2": null,
        "city": "Portland",
        "state": "Maine",
        "zipCode": "04101",
        "country": "United States",
        "emails": null,
        "phones": null,
        "addresses": null,
        "description": "Asked for 200 units.",
        "status": "contacted",
        "statusReason": "Wants an offer in May",
        "source": "trade fair",
        "sourceDetail": "Boat Show Boston",
        "utm": { "source": "newsletter", "medium": "email", "campaign": "spring", "term": null, "content": null },
        "referredBy": null,
        "rating": "warm",
        "priority": 2,
        "ownerId": null,
        "estimatedValue": { "amount": 1_250_000, "currency": "USD" },
        "expectedCloseDate": "2026-12-18",
        "lostReason": null,
        "lostNotes": null,
        "doNotCall": false,
        "doNotEmail": false,
        "externalRefs": [{ "system": "fair", "id": "4711" }],
        "customFields": { "tier": "silver" },
        "metadata": {},
        "isArchived": false,
    })
}

/// A lead to add.
#[must_use]
pub fn new_lead() -> Value {
    json!({
        "firstName": "Ida",
        "lastName": "Moor",
        "email": "ida.moor@example.com",
        "organizationName": "Moor & Daughters",
        "source": "web_site",
        "utm": { "campaign": "spring" },
    })
}

/// A change of the lead.
#[must_use]
pub fn lead_patch() -> Value {
    json!({ "status": "in_progress", "rating": "hot", "customFields": { "tier": "gold" } })
}

/// The leads to give to nobody.
#[must_use]
pub fn lead_assignment() -> Value {
    json!({ "leadIds": [LEAD], "ownerId": null })
}

/// What became of the leads.
#[must_use]
pub fn assigned_leads() -> Value {
    json!({ "assigned": 1, "leads": [{ "leadId": LEAD, "outcome": "assigned" }] })
}

/// Leads that become customers.
#[must_use]
pub fn leads_to_convert() -> Value {
    json!({ "leadIds": [LEAD_TO_CONVERT_AT_ONCE], "addOrganization": true })
}

/// What became of them.
#[must_use]
pub fn converted_leads() -> Value {
    json!({
        "converted": 1,
        "leads": [{
            "leadId": LEAD_TO_CONVERT_AT_ONCE,
            "outcome": "converted",
            "customerId": LEAD_TO_CONVERT_AT_ONCE,
            "problem": null,
        }],
    })
}

/// A file of leads.
#[must_use]
pub fn lead_import_form() -> Value {
    json!({
        "file": "Full name,E-mail,Rating,Status\nNoor Haddad,noor.haddad@example.com,hot,New\n\
                 Ivo Horvat,ivo.horvat@example.com,cold,Contacted\n",
        "mapping": "{}",
    })
}

/// A table of an export.
pub const EXPORTED_LEADS: &str = "id,kind,name,email,status,rating\n\
     019eca9d-cdc0-7000-8000-000000001101,person,Ines Vidal,ines.vidal@example.com,contacted,hot\n";

/// A line of an export.
#[must_use]
pub fn exported_lead() -> String {
    format!("{}\n", lead())
}

/// What the lead becomes.
#[must_use]
pub fn lead_conversion() -> Value {
    json!({
        "addOrganization": true,
        "deal": { "name": "200 units for Portland", "amount": { "amount": 1_250_000, "currency": "USD" } },
    })
}

/// The lead as an answer shows it.
#[must_use]
pub fn lead() -> Value {
    let mut lead = lead_fields();
    crm_core::patch::merge(&mut lead, written(LEAD, 1));
    let flags = json!({ "label": null, "isPrimary": true, "isInvalid": false, "isOptedOut": false });
    let entry = |fields: Value| {
        let mut entry = flags.clone();
        crm_core::patch::merge(&mut entry, fields);
        json!([entry])
    };
    lead["emails"] = entry(json!({ "address": "oscar.quay@example.com" }));
    lead["phones"] = entry(json!({ "number": "+1 212 555 2399", "e164": "+12125552399" }));
    lead["addresses"] = json!([{
        "kind": "other",
        "address": "7 Pier Road",
        "addressLine2": null,
        "city": "Portland",
        "state": "Maine",
        "zipCode": "04101",
        "country": "United States",
        "countryCode": "US",
        "isPrimary": true,
    }]);
    crm_core::patch::merge(
        &mut lead,
        json!({
            "phoneE164": "+12125552399",
            "countryCode": "US",
            "statusName": "Contacted",
            "statusType": "ongoing",
            "statusChangedAt": ADDED_AT,
            "ownerId": OWNER,
            "owner": { "id": OWNER, "displayName": "Sam Sales" },
            "assignedAt": ADDED_AT,
            "assignedByRule": { "id": LEAD_ASSIGNMENT_RULE, "name": "Leads from Germany" },
            "respondBy": "2026-06-15T13:30:00Z",
            "firstRespondedAt": "2026-06-15T09:17:00Z",
            "responseState": "fulfilled",
            "tags": customer_tags()["data"],
            "lastContactAt": "2026-06-15T09:17:00Z",
            "score": 60,
        }),
    );
    nulls(lead, &["nextFollowUpAt", "conversion", "deletedAt"])
}

/// The board of leads.
#[must_use]
pub fn lead_board() -> Value {
    let mut contacted = lead_status();
    let fields =
        json!({ "name": "Contacted", "code": "contacted", "description": null, "type": "ongoing", "position": 1 });
    contacted.as_object_mut().into_iter().for_each(|held| held.extend(fields.as_object().cloned().unwrap_or_default()));
    json!({
        "statuses": [
            { "status": contacted, "count": 1, "isCapped": false, "leads": [lead()] },
            { "status": lead_status(), "count": 0, "isCapped": false, "leads": [] },
        ],
    })
}

/// The lead that was added.
#[must_use]
pub fn created_lead() -> Value {
    let mut created: Value =
        lead().as_object().into_iter().flatten().map(|(name, _)| (name.clone(), Value::Null)).collect();
    let names: Vec<String> = created.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    crm_core::patch::merge(&mut created, written(uuid!("019eca9d-cdc0-7000-8000-00000000110a"), 1));
    let email = "ida.moor@example.com";
    let fields = json!({
        "kind": "person",
        "name": "Ida Moor",
        "firstName": "Ida",
        "lastName": "Moor",
        "email": email,
        "organizationName": "Moor & Daughters",
        "emails": [],
        "phones": [],
        "addresses": [],
        "status": "new",
        "statusName": "New",
        "statusType": "open",
        "statusChangedAt": ADDED_AT,
        "source": "web_site",
        "doNotCall": false,
        "doNotEmail": false,
        "score": 0,
        "externalRefs": [],
        "tags": [],
        "customFields": {},
        "metadata": {},
        "isArchived": false,
    });
    crm_core::patch::merge(&mut created, fields);
    created["utm"] = json!({ "source": null, "medium": null, "campaign": "spring", "term": null, "content": null });
    created["emails"] =
        json!([{ "address": email, "label": null, "isPrimary": true, "isInvalid": false, "isOptedOut": false }]);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    nulls(created, &names)
}

/// What the lead is now.
#[must_use]
pub fn converted_lead() -> Value {
    let mut lead = lead();
    let actor = json!({ "kind": "user", "id": OWNER });
    let fields = json!({
        "version": 2,
        "status": "qualified",
        "statusName": "Qualified",
        "statusType": "won",
        "conversion": {
            "at": "2026-07-01T14:05:09.123456Z",
            "by": actor,
            "customerId": customer()["id"],
            "isMerged": true,
            "revertibleUntil": "2026-07-31T14:05:09.123456Z",
        },
    });
    crm_core::patch::merge(&mut lead, fields);
    lead["conversion"]["organizationId"] = Value::Null;
    lead["conversion"]["dealId"] = Value::Null;
    lead["conversion"]["dealLink"] = Value::Null;
    json!({ "dryRun": false, "lead": lead, "customer": customer() })
}

#[cfg(test)]
mod tests {
    use crm_core::lead_statuses::{LeadStatus, LeadStatusPatch, NewLeadStatus};
    use crm_core::leads::{
        AssignLeads, AssignedLeads, ConvertLead, ConvertLeads, ConvertedLead, ConvertedLeads, Lead, LeadBoard,
        LeadPatch, NewLead,
    };
    use serde_json::{Value, from_value, json};

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<LeadStatus>(&super::lead_status());
        is_exactly::<LeadStatus>(&super::created_lead_status());
        is_exactly::<NewLeadStatus>(&super::lead_status_fields());
        from_value::<NewLeadStatus>(super::new_lead_status()).unwrap();
        from_value::<LeadStatusPatch>(super::lead_status_patch()).unwrap();
        is_exactly::<Lead>(&super::lead());
        is_exactly::<Lead>(&super::created_lead());
        is_exactly::<LeadBoard>(&super::lead_board());
        is_exactly::<NewLead>(&super::lead_fields());
        is_exactly::<AssignedLeads>(&super::assigned_leads());
        from_value::<ConvertLeads>(super::leads_to_convert()).unwrap();
        is_exactly::<ConvertedLeads>(&super::converted_leads());
        is_exactly::<ConvertedLead>(&super::converted_lead());
        from_value::<NewLead>(super::new_lead()).unwrap();
        from_value::<LeadPatch>(super::lead_patch()).unwrap();
        from_value::<AssignLeads>(super::lead_assignment()).unwrap();
        from_value::<ConvertLead>(super::lead_conversion()).unwrap();
        let written: Value = json!(super::lead_fields());
        assert!(NewLead::FIELDS.iter().all(|field| written.get(field).is_some()));
    }
}
