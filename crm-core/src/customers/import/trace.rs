//! Digests of the customers that a dry run would have written: they reveal no values, and take a small part of the
//! memory.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

use serde_json::Value;

use super::super::input::NewCustomer;
use super::super::model::{Customer, CustomerKind};
use super::known::{Key, keys};
use crate::base::ids::{CustomerId, UserId};
use crate::base::text::fold;

/// The maximum number of stored customers, about 50 MB. Further customers are not seen by later rows.
const MAX_REMEMBERED: usize = 100_000;

/// The digest of a field, and the digest of its value.
type Fact = (u32, u32);

/// The customers of the batches of a dry run so far.
#[derive(Debug, Default)]
pub(super) struct Traces {
    by_id: HashMap<CustomerId, Trace>,
    by_key: HashMap<u64, Vec<CustomerId>>,
    digests: RandomState,
}

/// What a row adds to lists of a customer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RowTexts<'t> {
    /// All tags that the customer has from now on.
    pub all_tags: Option<&'t [String]>,
    /// Tags that are added.
    pub some_tags: &'t [String],
    pub notes: &'t [String],
}

#[derive(Debug)]
pub(super) struct Trace {
    pub kind: CustomerKind,
    pub owner_id: Option<UserId>,
    keys: Vec<u64>,
    /// In order.
    facts: Vec<Fact>,
}

impl Traces {
    pub fn get(&self, id: CustomerId) -> Option<&Trace> {
        self.by_id.get(&id)
    }

    /// The customers with this key.
    pub fn having(&self, key: &Key) -> &[CustomerId] {
        self.by_key.get(&self.digests.hash_one(key)).map_or(&[], Vec::as_slice)
    }

    /// Adds a customer, or replaces it with its new state.
    pub fn put(&mut self, customer: &Customer) {
        if !self.remove(customer.id) && self.by_id.len() >= MAX_REMEMBERED {
            return;
        }
        let tags: Vec<String> = customer.tags.iter().map(|tag| tag.name.clone()).collect();
        let trace = Trace {
            kind: customer.kind,
            owner_id: customer.owner_id,
            keys: keys(customer).map(|key| self.digests.hash_one(&key)).collect(),
            facts: {
                let mut facts = self.facts(&NewCustomer::from(customer), Some(&tags));
                facts.extend(tags.iter().map(|tag| (self.digest(&("tag", fold(tag).as_str())), self.digest(&""))));
                facts.sort_unstable();
                facts
            },
        };
        self.insert(customer.id, trace);
    }

    /// Adds a note to a customer.
    pub fn note_text(&mut self, id: CustomerId, text: String) {
        self.note(id, &NewCustomer::default(), RowTexts { notes: &[text], ..RowTexts::default() }, &[]);
    }

    /// Adds the values of a row to a customer. Returns false if nothing changes.
    pub fn note(&mut self, id: CustomerId, input: &NewCustomer, texts: RowTexts<'_>, new_keys: &[Key]) -> bool {
        let mut facts = self.facts(input, texts.all_tags);
        let of_list = |(list, text): (&str, String)| (self.digest(&(list, text.as_str())), self.digest(&""));
        facts.extend(texts.some_tags.iter().map(|tag| of_list(("tag", fold(tag)))));
        facts.extend(texts.notes.iter().map(|note| of_list(("note", note.clone()))));
        facts.sort_unstable();
        let Some(mut trace) = self.take(id) else {
            return false;
        };
        let is_known = |fact: &Fact| trace.facts.binary_search(fact).is_ok();
        let is_new = !facts.iter().all(is_known);
        if is_new {
            trace.facts.retain(|(field, _)| !facts.iter().any(|(input, _)| input == field));
            trace.facts.extend(facts);
            trace.facts.sort_unstable();
            trace.kind = input.kind.unwrap_or(trace.kind);
            trace.owner_id = input.owner_id.or(trace.owner_id);
            trace.keys.extend(new_keys.iter().map(|key| self.digests.hash_one(key)));
            trace.keys.sort_unstable();
            trace.keys.dedup();
        }
        self.insert(id, trace);
        is_new
    }

    fn insert(&mut self, id: CustomerId, trace: Trace) {
        for key in &trace.keys {
            self.by_key.entry(*key).or_default().push(id);
        }
        self.by_id.insert(id, trace);
    }

    fn take(&mut self, id: CustomerId) -> Option<Trace> {
        let trace = self.by_id.remove(&id)?;
        for key in &trace.keys {
            if let Some(ids) = self.by_key.get_mut(key) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.by_key.remove(key);
                }
            }
        }
        Some(trace)
    }

    fn remove(&mut self, id: CustomerId) -> bool {
        self.take(id).is_some()
    }

    /// The values of a draft field by field: each custom field and reference separately.
    fn facts(&self, draft: &NewCustomer, tags: Option<&[String]>) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |field: (&str, &str), value: &str| facts.push((self.digest(&field), self.digest(&value)));
        if let Ok(Value::Object(fields)) = serde_json::to_value(draft) {
            for (name, value) in &fields {
                match value {
                    Value::Null => {}
                    Value::Object(members) => {
                        members.iter().for_each(|(member, value)| add((name, member), &value.to_string()));
                    }
                    Value::Array(items) => items.iter().for_each(|item| add((name, &item.to_string()), "")),
                    value => add((name, ""), &value.to_string()),
                }
            }
        }
        if let Some(tags) = tags {
            let mut tags: Vec<String> = tags.iter().map(|tag| fold(tag)).collect();
            tags.sort_unstable();
            add(("tags", ""), &tags.join(";"));
        }
        facts.sort_unstable();
        facts
    }

    #[expect(clippy::cast_possible_truncation, reason = "half of a digest distinguishes values as well")]
    fn digest(&self, value: &impl Hash) -> u32 {
        self.digests.hash_one(value) as u32
    }
}
