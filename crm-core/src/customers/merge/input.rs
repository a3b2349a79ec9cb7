//! What is asked of a merge, and of its undoing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::super::input::CustomerPatch;
use crate::base::error::{Result, Violations};
use crate::base::ids::CustomerId;
use crate::base::string_enum::string_enum;

/// How many customers are merged into another at once.
pub const MAX_LOSERS: usize = 10;
/// How many fields have a choice: all fields, and the custom fields of a company.
const MAX_CHOICES: usize = 500;

/// Which customers are to be one.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeCustomers {
    /// The customer that stays.
    pub survivor_id: CustomerId,
    /// The customers that are merged into it, at most 10. What the survivor lacks comes from the first that has it.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 10))]
    pub loser_ids: Vec<CustomerId>,
    /// The customer whose value stands, by the name of a field: `phone`, `ownerId`, `customFields.tier`. `address` stands
    /// for the whole primary address. Without a choice it is the survivor's value, and where that is empty, the first one of
    /// the others.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Object, additional_properties = true, required = false,
            example = json!({"phone": "0199f8a2-0c00-7000-8000-000000000002"}))
    )]
    pub fields: BTreeMap<String, CustomerId>,
    /// Values that none of the customers has: a change that is made to the survivor after the merge.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub values: CustomerPatch,
    /// The versions that you have seen, by the ids of the customers. A customer that has another one is not merged.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Object, additional_properties = true, required = false,
            example = json!({"0199f8a2-0c00-7000-8000-000000000001": 3}))
    )]
    pub versions: BTreeMap<CustomerId, i64>,
    /// Only tell what would come of it, and change nothing.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(default = false, required = false))]
    pub dry_run: bool,
}

impl MergeCustomers {
    /// A merge of some customers into another, without choices.
    #[must_use]
    pub fn new(survivor: CustomerId, losers: impl IntoIterator<Item = CustomerId>) -> Self {
        Self {
            survivor_id: survivor,
            loser_ids: losers.into_iter().collect(),
            fields: BTreeMap::new(),
            values: CustomerPatch::default(),
            versions: BTreeMap::new(),
            dry_run: false,
        }
    }

    /// Refuses what is wrong whatever the customers are.
    pub(super) fn check(&self) -> Result<()> {
        let mut violations = Violations::default();
        if self.loser_ids.is_empty() {
            violations.add("/loserIds", "required", "a merge needs a customer to merge into the survivor");
        }
        if self.loser_ids.len() > MAX_LOSERS {
            violations.add("/loserIds", "too_many", format!("at most {MAX_LOSERS} customers are merged at once"));
        }
        if self.fields.len() > MAX_CHOICES {
            violations.add("/fields", "too_many", format!("at most {MAX_CHOICES} choices"));
        }
        let mut seen = BTreeSet::from([self.survivor_id]);
        for (place, id) in self.loser_ids.iter().enumerate() {
            if !seen.insert(*id) {
                violations.add(format!("/loserIds/{place}"), "same_customer", "a customer is named once in a merge");
            }
        }
        for id in self.versions.keys().filter(|id| !seen.contains(id)) {
            violations.add(format!("/versions/{id}"), "not_merged", "the customer is no part of the merge");
        }
        Ok(violations.into_result()?)
    }

    /// All customers of the merge, the survivor first.
    pub(super) fn ids(&self) -> Vec<CustomerId> {
        std::iter::once(self.survivor_id).chain(self.loser_ids.iter().copied()).collect()
    }
}

string_enum! {
    /// What becomes of an undoing if something was changed since the merge.
    #[derive(Default)]
    OnMergeConflict {
        /// Nothing is undone, and the changes are listed.
        #[default]
        Refuse = "refuse",
        /// The merge is undone, and the changes stay: a changed field keeps its value, and changed records stay with the
        /// survivor.
        Keep = "keep",
    }
}

/// How a merge is undone.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmergeCustomers {
    /// What to do if something was changed since the merge; `refuse` if absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub on_conflict: OnMergeConflict,
}
