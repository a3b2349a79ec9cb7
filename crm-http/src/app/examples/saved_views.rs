//! Examples of saved views and preferences.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER};

/// The saved view that examples read and change.
pub const SAVED_VIEW: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000601");
/// The saved view that the example of deleting deletes.
pub const SAVED_VIEW_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000602");

/// The writable fields of the saved view.
#[must_use]
pub fn saved_view_fields() -> Value {
    json!({
        "entity": "customers",
        "name": "My open customers",
        "description": "Prospects and active customers that I look after",
        "visibility": "shared",
        "query": { "ownerId": "me", "status": ["prospect", "active"] },
        "sort": "nextFollowUpAt",
        "columns": ["name", "organizationName", "phone", "status", "lastContactAt", "nextFollowUpAt"],
        "position": 1,
    })
}

/// The second saved view of the demo.
#[must_use]
pub fn no_contact() -> Value {
    json!({
        "entity": "customers",
        "name": "No contact for 30 days",
        "visibility": "shared",
        "query": { "lastContactBefore": "now-30d", "status": ["prospect", "active"] },
        "sort": "lastContactAt",
        "columns": ["name", "organizationName", "email", "phone", "ownerId", "lastContactAt"],
        "position": 2,
    })
}

/// A saved view to add.
#[must_use]
pub fn new_saved_view() -> Value {
    json!({
        "entity": "customers",
        "name": "New prospects in Boston",
        "query": {
            "status": ["prospect"],
            "createdFrom": "now-90d",
            "filter": { "field": "city", "op": "eq", "value": "Boston" },
        },
        "sort": "-createdAt",
        "columns": ["name", "email", "phone", "createdAt"],
    })
}

/// A change of the saved view.
#[must_use]
pub fn saved_view_patch() -> Value {
    json!({ "name": "My customers", "sort": "name" })
}

/// The saved view as an answer shows it.
#[must_use]
pub fn saved_view() -> Value {
    let mut view = saved_view_fields();
    crm_core::patch::merge(&mut view, saved(SAVED_VIEW));
    view
}

/// The saved view that was added.
#[must_use]
pub fn created_saved_view() -> Value {
    let mut view = new_saved_view();
    crm_core::patch::merge(&mut view, saved(uuid!("019eca9d-cdc0-7000-8000-00000000060a")));
    view["visibility"] = json!("private");
    view["position"] = json!(0);
    super::nulls(view, &["description"])
}

fn saved(id: Uuid) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "ownerId": OWNER,
        "owner": { "id": OWNER, "displayName": "Sam Sales" },
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// A change of preferences.
#[must_use]
pub fn preferences_patch() -> Value {
    json!({
        "theme": "dark",
        "timeZone": "America/New_York",
        "dashboard": { "tiles": [{ "id": "overdue" }, { "id": "new-customers", "hidden": true }] },
        "lists": { "customers": { "columns": ["name", "phone", "lastContactAt"] } },
        "notifications": { "email": ["assigned", "mentioned"], "digest": true },
    })
}

/// Preferences as an answer shows them.
#[must_use]
pub fn preferences() -> Value {
    json!({
        "version": 1,
        "language": null,
        "theme": "dark",
        "timeZone": "America/New_York",
        "density": null,
        "sidebarCollapsed": null,
        "dashboard": { "tiles": [{ "id": "overdue", "hidden": false }, { "id": "new-customers", "hidden": true }] },
        "lists": {
            "customers": { "columns": ["name", "phone", "lastContactAt"], "savedViewId": null },
            "interactions": null,
            "tasks": null,
            "deals": null,
            "leads": null,
        },
        "notifications": { "email": ["assigned", "mentioned"], "emailReminders": null, "digest": true },
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
    })
}
