//! Examples of links.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, CUSTOMER, OWNER, nulls};

/// The organization of the customer that examples read and change.
pub const ORGANIZATION: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000009");
/// The name of that organization.
pub const ORGANIZATION_NAME: &str = "Harbour & Sons";
/// The link between the two that examples read and change.
pub const LINK: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000901");
/// The link that the example of deleting deletes.
pub const LINK_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000902");

/// The writable fields of the link.
#[must_use]
pub fn link_fields() -> Value {
    json!({
        "toId": ORGANIZATION,
        "label": "employee",
        "title": "Purchasing manager",
        "isPrimary": true,
        "isInactive": false,
        "startedOn": "2021-03-01",
    })
}

/// A link to add.
#[must_use]
pub fn new_link() -> Value {
    json!({ "toId": ORGANIZATION, "label": "decision_maker", "startedOn": "2024-01-01" })
}

/// A change of the link.
#[must_use]
pub fn link_patch() -> Value {
    json!({ "title": "Head of purchasing" })
}

/// The link as an answer shows it.
#[must_use]
pub fn link() -> Value {
    answered(link_fields(), LINK)
}

/// The link that was added.
#[must_use]
pub fn created_link() -> Value {
    let mut link = answered(new_link(), uuid!("019eca9d-cdc0-7000-8000-00000000090a"));
    link["isPrimary"] = json!(false);
    link["isInactive"] = json!(false);
    nulls(link, &["title"])
}

fn answered(mut link: Value, id: Uuid) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    crm_core::patch::merge(
        &mut link,
        json!({
            "id": id,
            "version": 1,
            "fromId": CUSTOMER,
            "customer": { "id": ORGANIZATION, "displayName": ORGANIZATION_NAME, "kind": "organization" },
            "createdAt": ADDED_AT,
            "updatedAt": ADDED_AT,
            "createdBy": actor,
            "updatedBy": actor,
        }),
    );
    nulls(link, &["endedOn"])
}

#[cfg(test)]
mod tests {
    use crm_core::customers::{CustomerLink, CustomerLinkPatch, NewCustomerLink};

    #[test]
    fn examples_are_true() {
        for example in [super::link(), super::created_link()] {
            let link: CustomerLink = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(serde_json::to_value(link).unwrap(), example);
        }
        for new in [super::new_link(), super::link_fields()] {
            serde_json::from_value::<NewCustomerLink>(new).unwrap();
        }
        serde_json::from_value::<CustomerLinkPatch>(super::link_patch()).unwrap();
    }
}
