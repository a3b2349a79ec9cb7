//! Merging customers: several customers are found to be one.
//!
//! - One of them, the *survivor*, keeps its id. It gets what it lacks from the others, field by field, and everything of
//!   their lists: contact points, external references, tags, notes, interactions, tasks, deals, links. What both have is
//!   folded into one.
//! - The others, the *losers*, are nowhere any more: not in lists, searches, statistics, exports or the trash. Their ids
//!   lead to the survivor ([`Error::CustomerMerged`](crate::Error::CustomerMerged)).
//! - For [`UNDOABLE_FOR`] a merge can be undone. The losers keep their rows as long, and the survivor's fields are kept
//!   as they were before. Records return to where they came from by a list of those that were moved.
//! - What was changed since is told, and refuses the undoing or stays as it is by choice.
//! - Afterwards the rows are removed for good. The ids still lead to the survivor.

mod deal_contacts;
mod expiry;
mod fields;
mod ids;
mod input;
mod lead;
mod model;
mod moves;
mod plan;
mod purge;
mod redirects;
mod repo;
mod row;
mod since;
mod undo;

pub(crate) use expiry::delete_expired as delete_expired_merges;
pub(super) use ids::merged_ids;
pub(crate) use ids::merges_of;
pub use input::{MAX_LOSERS, MergeCustomers, OnMergeConflict, UnmergeCustomers};
pub(crate) use lead::{has_merged, hold_for_merge, hold_merges, merge_lead, undo_merge_of_lead};
pub use model::{
    CustomerMerge, MergeCollision, MergeCount, MergeOutcome, MergeResolution, MergedCustomer, UnmergeOutcome,
};
pub(super) use purge::purge;
pub(crate) use redirects::ids_leading_to;
pub(super) use redirects::{is_customer, missing};
pub use row::UNDOABLE_FOR;

crate::scope::company_owned!(row, Id, Version);
crate::scope::company_owned!(redirects, CustomerId, MergeId);
