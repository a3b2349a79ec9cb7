//! The tags that rows give.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::super::model::Customer;
use super::columns::Columns;
use super::headers::Field;
use super::report::ImportFault;
use super::rows::ParsedRow;
use crate::base::text::fold;
use crate::scope::Crm;
use crate::scope::actor::{Action, Actor, Resource};
use crate::tags::{CustomerTag, MAX_TAGS};

/// Plans the tags of rows.
pub(super) struct Labels<'l> {
    pub crm: &'l Crm,
    pub actor: &'l Actor,
    pub columns: &'l Columns,
    pub now: DateTime<Utc>,
    /// The tags of the rows of this batch, by folded name.
    pub known: &'l mut HashMap<String, CustomerTag>,
    /// Tags to create.
    pub new_tags: &'l mut Vec<CustomerTag>,
}

impl Labels<'_> {
    /// The tags of a record after a row, which in our own export has all of them. `None` if they stay the same.
    pub fn of(
        self,
        row: u64,
        input: &ParsedRow,
        customer: &Customer,
    ) -> Result<Option<Vec<CustomerTag>>, Vec<ImportFault>> {
        let Some(names) = &input.tags else {
            return Ok(None);
        };
        let had: BTreeSet<String> = customer.tags.iter().map(CustomerTag::key).collect();
        let wanted: BTreeMap<String, &String> = names.iter().map(|name| (fold(name), name)).collect();
        let is_all = self.columns.is_own;
        if if is_all { wanted.keys().eq(&had) } else { wanted.keys().all(|key| had.contains(key)) } {
            return Ok(None);
        }
        let kept: Vec<CustomerTag> = if is_all { Vec::new() } else { customer.tags.clone() };
        let wanted: BTreeMap<String, &String> =
            wanted.into_iter().filter(|(key, _)| is_all || !had.contains(key)).collect();
        if kept.len() + wanted.len() > MAX_TAGS {
            return Err(self.fault(row, "too_many", &format!("a record has at most {MAX_TAGS} tags")));
        }
        if !self.actor.may(Resource::Tags, Action::Attach, customer.owner_id) {
            return Err(self.fault(row, "forbidden", "the caller may not change the record's tags"));
        }
        let is_known = |key: &String| self.known.contains_key(key);
        if !self.actor.may(Resource::Tags, Action::Create, None) && !wanted.keys().all(is_known) {
            return Err(self.fault(row, "tag_unknown", "there is no such tag"));
        }
        let Self { crm, now, known, new_tags, .. } = self;
        let tags = wanted.into_iter().map(|(key, name)| {
            let tag = known.entry(key).or_insert_with(|| {
                let tag = CustomerTag { id: crm.id(now).into(), name: name.clone(), color: None };
                new_tags.push(tag.clone());
                tag
            });
            tag.clone()
        });
        let mut tags: Vec<CustomerTag> = kept.into_iter().chain(tags).collect();
        tags.sort_by_cached_key(CustomerTag::key);
        Ok(Some(tags))
    }

    fn fault(&self, row: u64, code: &str, message: &str) -> Vec<ImportFault> {
        self.columns.fault(row, Some(Field::Tags), code, message)
    }
}
