//! Examples of custom fields.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER};

/// The custom field that examples read and change.
pub const CUSTOM_FIELD: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000701");
/// The custom field that the example of deleting deletes.
pub const CUSTOM_FIELD_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000702");

/// The writable fields of the custom field.
#[must_use]
pub fn custom_field_fields() -> Value {
    json!({
        "entity": "customer",
        "key": "tier",
        "label": "Tier",
        "description": "The level of service in the contract",
        "type": "select",
        "options": [
            { "value": "silver", "label": "Silver", "isArchived": false },
            { "value": "gold", "label": "Gold", "isArchived": false },
            { "value": "platinum", "label": "Platinum", "isArchived": false },
        ],
        "isRequired": false,
        "default": null,
        "minimum": null,
        "maximum": null,
        "pattern": null,
        "isSearchable": true,
        "isUnique": false,
        "isIndexed": true,
        "isPersonalData": false,
        "position": 1,
        "group": "Contract",
        "isArchived": false,
    })
}

/// The other custom fields of the demo.
#[must_use]
pub fn more_custom_fields() -> [Value; 2] {
    let end = json!({
        "key": "contractEnd",
        "label": "Contract end",
        "description": "The last day of the current contract",
        "type": "date",
        "position": 2,
        "group": "Contract",
    });
    let seats = json!({
        "key": "seats",
        "label": "Number of seats",
        "type": "integer",
        "minimum": 1,
        "maximum": 10_000,
        "position": 3,
        "group": "Contract",
    });
    [end, seats]
}

/// A custom field to add.
#[must_use]
pub fn new_custom_field() -> Value {
    json!({
        "key": "renewalChance",
        "label": "Chance of renewal",
        "type": "percent",
        "minimum": 0,
        "maximum": 100,
        "position": 4,
        "group": "Contract",
    })
}

/// A change of the custom field.
#[must_use]
pub fn custom_field_patch() -> Value {
    json!({ "label": "Service tier", "isRequired": false })
}

/// The custom field as an answer shows it.
#[must_use]
pub fn custom_field() -> Value {
    let mut field = custom_field_fields();
    crm_core::patch::merge(&mut field, defined(CUSTOM_FIELD));
    super::nulls(field, &["indexJobId"])
}

/// The custom field that was added.
#[must_use]
pub fn created_custom_field() -> Value {
    let mut field = json!({
        "entity": "customer",
        "options": [],
        "isRequired": false,
        "isSearchable": false,
        "isUnique": false,
        "isIndexed": false,
        "isPersonalData": false,
        "isArchived": false,
    });
    crm_core::patch::merge(&mut field, new_custom_field());
    crm_core::patch::merge(&mut field, defined(uuid!("019eca9d-cdc0-7000-8000-00000000070a")));
    super::nulls(field, &["description", "default", "pattern", "indexJobId"])
}

fn defined(id: Uuid) -> Value {
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
