//! The canonical bytes of entries and batches, and their hashes (SHA-256).
//!
//! Each field is its length and its bytes, or a mark that it is absent, so that no two lists of fields have the same bytes.
//! Times are whole microseconds, as both databases store them; members of JSON objects are in the order of their names.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::batch_row;
use crate::base::hex::hex;
use crate::journal::audit as entry;

struct Canonical(Sha256);

impl Canonical {
    /// The format is part of what is hashed, so that a later one cannot be taken for it.
    fn new(format: &str) -> Self {
        Self(Sha256::new()).text(format)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update([1]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn optional(mut self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => {
                self.0.update([0]);
                self
            }
        }
    }

    fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    fn number(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn time(self, time: DateTime<Utc>) -> Self {
        self.number(time.timestamp_micros())
    }

    fn finish(self) -> String {
        hex(self.0.finalize())
    }
}

/// The digest of an entry at its place. `private_to` is no part of it, because it may change.
pub(super) fn of_entry(row: &entry::Model, batch: i64, position: i64) -> String {
    let entry::Model {
        company_id,
        id,
        occurred_at,
        entity,
        entity_id,
        action,
        request_id,
        actor_kind,
        actor_id,
        outcome,
        fields,
        private_to: _,
        address,
    } = row;
    Canonical::new("crm.audit.entry.1")
        .bytes(company_id.as_bytes())
        .number(batch)
        .number(position)
        .bytes(id.as_bytes())
        .time(*occurred_at)
        .text(entity)
        .optional(entity_id.as_ref().map(|id| &id.as_bytes()[..]))
        .text(action)
        .optional(request_id.as_deref().map(str::as_bytes))
        .text(actor_kind)
        .optional(actor_id.as_ref().map(|id| &id.as_bytes()[..]))
        .text(outcome)
        .text(&json(fields))
        .optional(address.as_deref().map(str::as_bytes))
        .finish()
}

/// The hash over the digests of a batch's entries, in their order.
pub(super) fn of_entries<'d>(digests: impl IntoIterator<Item = &'d str>) -> String {
    digests.into_iter().fold(Canonical::new("crm.audit.entries.1"), Canonical::text).finish()
}

/// The hash of a batch: over everything that its row has, and so over the hash of the one before.
pub(super) fn of_batch(row: &batch_row::Model) -> String {
    let batch_row::Model {
        company_id,
        number,
        first_position,
        last_position,
        first_entry,
        last_entry,
        entries,
        entries_hash,
        previous_hash,
        hash: _,
        latest_at,
        reached_at,
        sealed_at,
    } = row;
    Canonical::new("crm.audit.batch.1")
        .bytes(company_id.as_bytes())
        .number(*number)
        .number(*first_position)
        .number(*last_position)
        .bytes(first_entry.as_bytes())
        .bytes(last_entry.as_bytes())
        .number(*entries)
        .text(entries_hash)
        .text(previous_hash)
        .time(*latest_at)
        .time(*reached_at)
        .time(*sealed_at)
        .finish()
}

/// The text of a document with the members of objects in the order of their names, whatever order the map keeps.
fn json(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, &mut text);
    text
}

fn write_json(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in members {
                write_scalar(&Value::from(name.as_str()), text);
                text.push(':');
                write_json(member, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_json(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => write_scalar(scalar, text),
    }
}

fn write_scalar(value: &Value, text: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(text, "{value}");
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::{of_entries, of_entry};
    use crate::journal::audit::Model;

    fn entry(fields: Value) -> Model {
        Model {
            company_id: Uuid::from_u128(1),
            id: Uuid::from_u128(2),
            occurred_at: DateTime::UNIX_EPOCH,
            entity: "customer".to_owned(),
            entity_id: Some(Uuid::from_u128(3)),
            action: "updated".to_owned(),
            request_id: None,
            actor_kind: "user".to_owned(),
            actor_id: Some(Uuid::from_u128(4)),
            outcome: "success".to_owned(),
            fields,
            private_to: None,
            address: None,
        }
    }

    /// A format that is in use never changes: chains were sealed with it.
    #[test]
    fn the_format_stays() {
        let one = entry(json!({ "fields": [], "details": { "a": 1, "b": "x\"y" } }));
        assert_eq!(of_entry(&one, 1, 1), "e8dde31217ede7ab915e4bead879375397cbbb35c4ab60a4907025efe9d19e56");
    }

    #[test]
    fn neither_the_order_of_members_nor_privacy_matters() {
        let one = entry(json!({ "fields": [], "details": { "a": 1, "b": "x\"y" } }));
        let other: Value = serde_json::from_str(r#"{"details":{"b":"x\"y","a":1},"fields":[]}"#).unwrap();
        assert_eq!(of_entry(&one, 1, 1), of_entry(&entry(other), 1, 1));
        let private = Model { private_to: Some(Uuid::from_u128(9)), ..one.clone() };
        assert_eq!(of_entry(&one, 1, 1), of_entry(&private, 1, 1));
        assert_ne!(of_entry(&one, 1, 1), of_entry(&one, 1, 2));
        assert_ne!(of_entry(&one, 1, 1), of_entry(&one, 2, 1));
    }

    #[test]
    fn what_moves_from_one_field_to_the_next_is_another_entry() {
        let one = entry(json!({}));
        let moved = Model { entity: "custom".to_owned(), action: "erupdated".to_owned(), ..one.clone() };
        let given = Model { request_id: Some(String::new()), ..one.clone() };
        let addressed = Model { address: Some(String::new()), ..one.clone() };
        for other in [&moved, &given, &addressed] {
            assert_ne!(of_entry(&one, 1, 1), of_entry(other, 1, 1));
        }
        assert_ne!(of_entry(&given, 1, 1), of_entry(&addressed, 1, 1));
    }

    proptest! {
        #[test]
        fn another_order_or_number_of_digests_is_another_hash(
            digests in proptest::collection::vec("[0-9a-f]{4}", 1..6),
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let hash = |digests: &[String]| of_entries(digests.iter().map(String::as_str));
            let mut swapped = digests.clone();
            swapped.swap(from.index(digests.len()), to.index(digests.len()));
            prop_assert_eq!(hash(&swapped) == hash(&digests), swapped == digests);
            prop_assert_ne!(hash(&digests[1..]), hash(&digests));
        }
    }
}
