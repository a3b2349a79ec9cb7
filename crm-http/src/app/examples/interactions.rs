//! Examples of interactions.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, OWNER, interaction_ai, interaction_ai_in, nulls};

/// The interaction that examples read and change.
pub const INTERACTION: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000201");
/// The planned interaction that the example of completing completes.
pub const INTERACTION_TO_COMPLETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000202");
/// The interaction that the example of deleting deletes.
pub const INTERACTION_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000203");
/// The interaction in the trash that the example of restoring restores.
pub const INTERACTION_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000204");

/// The interaction that the example of deleting by its id deletes.
pub const ANY_INTERACTION_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000205");
/// The interaction in the trash that the example of restoring by its id restores.
pub const ANY_INTERACTION_TO_RESTORE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000206");

/// The writable fields of the interaction.
#[must_use]
pub fn interaction_fields() -> Value {
    json!({
        "type": "call",
        "direction": "outbound",
        "subject": "Quote for 200 units",
        "content": "Finds the **price** right, asks for delivery in two parts.",
        "status": "completed",
        "outcome": "interested",
        "scheduledAt": "2026-06-15T09:00:00Z",
        "startedAt": "2026-06-15T09:02:00Z",
        "completedAt": "2026-06-15T09:17:00Z",
        "durationSeconds": 900,
        "location": null,
        "meetingUrl": null,
        "ownerId": null,
        "participants": [{
            "kind": "email",
            "id": null,
            "address": "grace.harbour@example.com",
            "role": "required",
            "response": "accepted",
        }],
        "followUpAt": "2026-06-25T09:00:00Z",
        "metadata": {},
    })
}

/// An interaction to add.
#[must_use]
pub fn new_interaction() -> Value {
    json!({
        "type": "meeting",
        "subject": "Samples for the spring",
        "status": "planned",
        "scheduledAt": "2026-12-03T15:00:00Z",
        "durationSeconds": 3600,
        "location": "12 Harbour Street, Boston",
        "participants": [{ "kind": "email", "address": "grace.harbour@example.com" }],
    })
}

/// An interaction to add, with its customer.
#[must_use]
pub fn new_interaction_of_customer() -> Value {
    let mut new = json!({ "customerId": CUSTOMER });
    crm_core::patch::merge(&mut new, new_interaction());
    new
}

/// A change of the interaction.
#[must_use]
pub fn interaction_patch() -> Value {
    json!({ "outcome": "callback", "followUpAt": "2026-06-26T09:00:00Z", "metadata": { "recording": "4711" } })
}

/// The completion of the planned interaction.
#[must_use]
pub fn completion() -> Value {
    json!({
        "outcome": "interested",
        "durationSeconds": 2700,
        "content": "Takes 200 units if they come by May.",
        "followUp": { "type": "email", "subject": "Send the contract", "scheduledAt": "2026-12-10T09:00:00Z" },
    })
}

/// The interaction as an answer shows it.
#[must_use]
pub fn interaction() -> Value {
    let mut interaction = interaction_fields();
    crm_core::patch::merge(&mut interaction, interacted(INTERACTION, "2026-06-15T09:30:00Z"));
    interaction["ai"] = interaction_ai();
    nulls(interaction, &["location", "meetingUrl", "followUpId", "deletedAt"])
}

/// The interaction that was added.
#[must_use]
pub fn created_interaction() -> Value {
    planned_interaction(uuid!("019eca9d-cdc0-7000-8000-00000000020a"), new_interaction())
}

/// The completed interaction, and the next one.
#[must_use]
pub fn completed_interaction() -> Value {
    let next = uuid!("019eca9d-cdc0-7000-8000-00000000020b");
    let completion = completion();
    let follow_up = planned_interaction(next, completion["followUp"].clone());
    let mut interaction = planned_interaction(INTERACTION_TO_COMPLETE, new_interaction());
    for name in ["outcome", "durationSeconds", "content"] {
        interaction[name] = completion[name].clone();
    }
    interaction["ai"] = interaction_ai_in("pending", 2);
    let done = json!({
        "version": 2,
        "status": "completed",
        "completedAt": "2026-12-03T15:48:10.123456Z",
        "occurredAt": "2026-12-03T15:48:10.123456Z",
        "updatedAt": "2026-12-03T15:48:10.123456Z",
        "followUpId": next,
    });
    crm_core::patch::merge(&mut interaction, done);
    let nulled = ["direction", "startedAt", "meetingUrl", "followUpAt", "deletedAt"];
    json!({ "interaction": nulls(interaction, &nulled), "followUp": follow_up })
}

/// A planned interaction with these fields, as an answer shows it.
fn planned_interaction(id: Uuid, fields: Value) -> Value {
    let mut interaction: Value = interaction_fields();
    interaction.as_object_mut().into_iter().flatten().for_each(|(_, value)| *value = Value::Null);
    let names: Vec<String> = interaction.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let begins = fields["scheduledAt"].as_str().unwrap_or_default().to_owned();
    let mut participants = fields["participants"].clone();
    for participant in participants.as_array_mut().into_iter().flatten() {
        *participant = json!({
            "kind": participant["kind"],
            "id": null,
            "address": participant["address"],
            "role": "required",
            "response": "none",
        });
    }
    crm_core::patch::merge(&mut interaction, fields);
    crm_core::patch::merge(&mut interaction, interacted(id, &begins));
    interaction["status"] = json!("planned");
    interaction["participants"] = if participants.is_array() { participants } else { json!([]) };
    interaction["metadata"] = json!({});
    interaction["ai"] = interaction_ai_in("none", 1);
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["followUpId", "deletedAt"]).collect();
    nulls(interaction, &names)
}

/// The read-only fields of an interaction.
fn interacted(id: Uuid, occurred_at: &str) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "customerId": CUSTOMER,
        "isTruncated": false,
        "occurredAt": occurred_at,
        "ownerId": OWNER,
        "owner": { "id": OWNER, "displayName": "Sam Sales" },
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}
