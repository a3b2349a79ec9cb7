//! What merges tell.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::links::MergedLinks;
use super::super::model::Customer;
use crate::base::error::Violation;
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

/// The result of a merge, or of a dry run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeOutcome {
    /// The id by which it can be undone; `null` for a dry run.
    pub id: Option<CustomerMergeId>,
    /// Whether it only told, and changed nothing.
    pub dry_run: bool,
    /// The customer that all of them are now.
    pub customer: Customer,
    /// What the survivor gets: records that you may see, and entries of its lists.
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub moved: Vec<MergeCount>,
    /// What becomes of the others' links, as far as you see the customers that they lead to.
    pub links: MergedLinks,
    /// What more than one of the customers has.
    #[cfg_attr(feature = "openapi", schema(max_items = 5000))]
    pub collisions: Vec<MergeCollision>,
    /// Until when it can be undone; `null` without an id.
    pub undoable_until: Option<DateTime<Utc>>,
}

/// How many of a kind the survivor gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeCount {
    /// Of what: `note`, `interaction`, `task`, `deal`, `link`, `tag`, `email`, `phone`, `address`, `external_ref`.
    pub of: String,
    /// How many.
    pub count: u64,
}

string_enum! {
    /// What becomes of a value that more than one of the customers has.
    MergeResolution {
        /// It is the same, and there is one.
        Folded = "folded",
        /// It is another one, and is not taken over.
        Dropped = "dropped",
    }
}

/// A value of a loser that meets one of another customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeCollision {
    /// The name of the field: `jobTitle`, `emails`, `customFields.tier`.
    pub field: String,
    /// The customer whose value it is.
    pub customer_id: CustomerId,
    /// The value.
    pub value: Value,
    /// What becomes of it.
    pub resolution: MergeResolution,
}

/// A merge of customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerMerge {
    /// The id.
    pub id: CustomerMergeId,
    /// When the customers were merged.
    pub merged_at: DateTime<Utc>,
    /// The user or program that merged them.
    pub merged_by: ActorRef,
    /// The customer that stayed.
    pub survivor_id: CustomerId,
    /// The customers that were merged into it.
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub losers: Vec<MergedCustomer>,
    /// Until when the merge can be undone.
    pub undoable_until: DateTime<Utc>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
}

/// A customer that was merged into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergedCustomer {
    /// The id, which leads to the survivor now.
    pub id: CustomerId,
    /// The name; `null` when the merge was undone, or cannot be undone any more.
    pub name: Option<String>,
}

/// The result of undoing a merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnmergeOutcome {
    /// The merge.
    pub id: CustomerMergeId,
    /// The survivor as it is now.
    pub customer: Customer,
    /// The customers that are back.
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub restored_ids: Vec<CustomerId>,
    /// What was changed since the merge, and has stayed: the fields and records by their pointers.
    #[cfg_attr(feature = "openapi", schema(max_items = 1000))]
    pub kept: Vec<Violation>,
}
