//! What came of a bulk action.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::{BulkActionId, CustomerId};
use crate::base::string_enum::string_enum;
use crate::jobs::Job;

/// How many ids of refused customers an answer has for each reason.
const MAX_NAMED: usize = 10;

string_enum! {
    /// Why a customer was not changed.
    RefusalReason {
        /// There is no such customer, or it is in the trash.
        NotFound = "not_found",
        /// You may not change this customer.
        Forbidden = "forbidden",
        /// The customer would have more than 100 tags.
        TooManyTags = "too_many_tags",
        /// Another customer has its e-mail address by now, so it cannot come back from the trash.
        CustomerEmailTaken = "customer_email_taken",
        /// Another customer has its value of a unique custom field by now, so it cannot come back from the trash.
        CustomFieldValueTaken = "custom_field_value_taken",
        /// Another customer has one of its external references by now, so it cannot come back from the trash.
        ExternalRefTaken = "external_ref_taken",
        /// Another rule forbids by now what it was before.
        RuleViolated = "rule_violated",
    }
}

/// Customers that were not changed, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkRefusal {
    /// The reason.
    pub reason: RefusalReason,
    /// The number of customers.
    pub count: u64,
    /// The ids of the first of them, at most 10.
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub ids: Vec<CustomerId>,
}

impl BulkRefusal {
    /// Counts a customer, and names it if it is one of the first.
    pub(in super::super) fn add(refused: &mut Vec<Self>, reason: RefusalReason, id: CustomerId) {
        let place = refused.iter().position(|refusal| refusal.reason == reason).unwrap_or_else(|| {
            refused.push(Self { reason, count: 0, ids: Vec::new() });
            refused.len() - 1
        });
        let refusal = &mut refused[place];
        refusal.count += 1;
        if refusal.ids.len() < MAX_NAMED {
            refusal.ids.push(id);
        }
    }
}

/// The result of a bulk action, or of a dry run of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkOutcome {
    /// The id by which it can be undone; `null` for a dry run, and if no customer was changed.
    pub id: Option<BulkActionId>,
    /// Whether it only counted, and wrote nothing.
    pub dry_run: bool,
    /// The number of customers that were found: those that changed, those that did not have to, and those that were refused
    /// for another reason than `not_found`.
    pub matched: u64,
    /// The number of customers that were changed.
    pub changed: u64,
    /// The number of customers that were already so.
    pub unchanged: u64,
    /// The customers that were not changed, by reason.
    pub refused: Vec<BulkRefusal>,
    /// Until when it can be undone; `null` without an id.
    pub undoable_until: Option<DateTime<Utc>>,
}

/// The result of undoing a bulk action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkUndone {
    /// The bulk action.
    pub id: BulkActionId,
    /// The number of customers that are as they were before.
    pub restored: u64,
    /// The number of customers that had changed since, and were left as they are.
    pub skipped: u64,
    /// The customers that were not changed, by reason.
    pub refused: Vec<BulkRefusal>,
}

/// A bulk action is done, or a job does it. The id of the job is that of the action.
#[derive(Clone, Debug, PartialEq)]
pub enum BulkAnswer {
    /// It is done.
    Done(BulkOutcome),
    /// A job does it, and has a [`BulkOutcome`] as its result.
    Started(Box<Job>),
}

/// A bulk action is undone, or a job undoes it.
#[derive(Clone, Debug, PartialEq)]
pub enum BulkUndo {
    /// It is undone.
    Done(BulkUndone),
    /// A job undoes it, and has a [`BulkUndone`] as its result.
    Started(Box<Job>),
}

/// The counts of the batches so far, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// The number of customers that were selected.
    pub selected: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub skipped: u64,
    pub refused: Vec<BulkRefusal>,
}

impl Tally {
    pub fn selecting(selected: usize) -> Self {
        Self { selected: selected as u64, ..Self::default() }
    }

    pub fn refuse(&mut self, reason: RefusalReason, id: CustomerId) {
        BulkRefusal::add(&mut self.refused, reason, id);
    }

    /// The number of customers that are dealt with.
    pub fn done(&self) -> u64 {
        self.changed + self.unchanged + self.skipped + self.refused.iter().map(|refusal| refusal.count).sum::<u64>()
    }

    pub fn into_outcome(self, action: Option<(BulkActionId, DateTime<Utc>)>, dry_run: bool) -> BulkOutcome {
        let Self { changed, unchanged, refused, .. } = self;
        let is_found = |refusal: &&BulkRefusal| refusal.reason != RefusalReason::NotFound;
        let matched = changed + unchanged + refused.iter().filter(is_found).map(|refusal| refusal.count).sum::<u64>();
        let (id, undoable_until) = action.filter(|_| changed > 0).unzip();
        BulkOutcome { id, dry_run, matched, changed, unchanged, refused, undoable_until }
    }

    /// What is not there any more has changed as well.
    pub fn into_undone(self, id: BulkActionId) -> BulkUndone {
        let skipped = self.skipped + self.selected.saturating_sub(self.done());
        BulkUndone { id, restored: self.changed, skipped, refused: self.refused }
    }
}
