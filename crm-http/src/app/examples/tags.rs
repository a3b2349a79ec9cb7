//! Examples of tags.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER};

/// The tag that examples read and change, and that others are merged into.
pub const TAG: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000301");
/// The tag that the example of deleting deletes.
pub const TAG_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000302");
/// The tag that the example of merging merges.
pub const TAG_TO_MERGE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000303");
/// Another tag of the customer.
pub const SECOND_TAG: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000000304");

/// The writable fields of the tag.
#[must_use]
pub fn tag_fields() -> Value {
    json!({ "name": "VIP", "color": "#d4af37", "description": "Looked after by the board" })
}

/// A tag to add.
#[must_use]
pub fn new_tag() -> Value {
    json!({ "name": "Trade fair", "color": "#2E8B57", "description": "Met at this year's trade fair" })
}

/// A change of the tag.
#[must_use]
pub fn tag_patch() -> Value {
    json!({ "color": "#c0a020", "description": null })
}

/// The tag as an answer shows it.
#[must_use]
pub fn tag() -> Value {
    let mut tag = tag_fields();
    crm_core::patch::merge(&mut tag, tagged(TAG, 12));
    tag
}

/// The tag that was added.
#[must_use]
pub fn created_tag() -> Value {
    let mut tag = new_tag();
    crm_core::patch::merge(&mut tag, tagged(uuid!("019eca9d-cdc0-7000-8000-00000000030a"), 0));
    tag["color"] = json!("#2e8b57");
    tag
}

/// The read-only fields of a tag.
fn tagged(id: Uuid, usage_count: u64) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "usageCount": usage_count,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// The tags of the customer.
#[must_use]
pub fn customer_tags() -> Value {
    json!({
        "data": [
            { "id": SECOND_TAG, "name": "Newsletter", "color": null },
            { "id": TAG, "name": "VIP", "color": "#d4af37" },
        ],
    })
}
