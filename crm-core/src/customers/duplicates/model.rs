//! What is found: candidates for a customer, and pairs of customers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::model::Customer;
use super::compare::DuplicateEvidence;
use crate::base::ids::DuplicateId;
use crate::base::score::Score;
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

string_enum! {
    /// What is known of a pair.
    DuplicateStatus {
        /// Nobody has decided yet.
        Open = "open",
        /// A user has decided that they are two customers.
        Dismissed = "dismissed",
    }
}

/// A customer that may be the same as another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DuplicateCandidate {
    /// The customer.
    pub customer: Customer,
    /// How likely they are the same, from 0 to 1.
    #[cfg_attr(feature = "openapi", schema(value_type = f64, example = 0.976, minimum = 0, maximum = 1))]
    pub score: Score,
    /// Why. `left` is the customer that was asked about, `right` is this one.
    pub evidence: Vec<DuplicateEvidence>,
}

/// The customers that may be the same as another one, the likeliest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DuplicateCandidates {
    /// At most 20 of those that you may see.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub data: Vec<DuplicateCandidate>,
    /// How many more there are that you may not see.
    #[cfg_attr(feature = "openapi", schema(example = 0, minimum = 0))]
    pub hidden_count: u64,
}

impl DuplicateCandidates {
    /// Whether there are none, not even hidden ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty() && self.hidden_count == 0
    }
}

/// A customer that was written, and the customers that may be the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WrittenCustomer {
    /// The customer.
    #[serde(flatten)]
    pub customer: Customer,
    /// The customers that may be the same. Absent unless the policy is `warn`, and there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_duplicates: Option<DuplicateCandidates>,
}

/// Two customers that may be the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DuplicatePair {
    /// The id.
    pub id: DuplicateId,
    /// Counts the changes, from 1; part of the ETag.
    pub version: i64,
    /// What is known of it.
    pub status: DuplicateStatus,
    /// How likely they were the same when the scan compared them, from 0 to 1.
    #[cfg_attr(feature = "openapi", schema(value_type = f64, example = 0.976, minimum = 0, maximum = 1))]
    pub score: Score,
    /// One of them.
    pub left: Customer,
    /// The other one, which was added later.
    pub right: Customer,
    /// Why they may be the same, as they are now.
    pub evidence: Vec<DuplicateEvidence>,
    /// The time of the scan that has found it last.
    pub seen_at: DateTime<Utc>,
    /// The time at which a user decided that they are two customers.
    pub dismissed_at: Option<DateTime<Utc>>,
    /// The time at which a scan found it first.
    pub created_at: DateTime<Utc>,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
    /// The actor of the scan.
    pub created_by: ActorRef,
    /// The actor of the last change.
    pub updated_by: ActorRef,
}
