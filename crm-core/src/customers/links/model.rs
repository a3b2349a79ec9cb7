//! What a link is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::super::model::CustomerKind;
use super::label;
use crate::base::ids::{CustomerId, LinkId};
use crate::scope::actor::ActorRef;

/// A customer as the other end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedCustomer {
    /// The id.
    pub id: CustomerId,
    /// The name.
    pub display_name: String,
    /// Person or organization.
    pub kind: CustomerKind,
}

/// A link between two customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerLink {
    /// The id.
    pub id: LinkId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The customer that the link goes from: the person of a person and an organization, the child of a parent.
    pub from_id: CustomerId,
    /// The customer that the link goes to.
    pub to_id: CustomerId,
    /// The other customer of the two, seen from the one that was asked for.
    pub customer: LinkedCustomer,
    /// What `fromId` is to `toId`.
    pub label: String,
    /// What a person is called there, for instance `Head of purchasing`.
    pub title: Option<String>,
    /// True for the link to a person's primary organization.
    pub is_primary: bool,
    /// True if it no longer holds.
    pub is_inactive: bool,
    /// The first day.
    pub started_on: Option<NaiveDate>,
    /// The last day.
    pub ended_on: Option<NaiveDate>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

impl CustomerLink {
    /// Whether it makes `toId` the parent of `fromId`.
    pub(super) fn is_active_parent(&self) -> bool {
        self.label == label::PARENT && !self.is_inactive
    }
}

/// What a merge of customers does with the links of those that go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergedLinks {
    /// How many move to the survivor.
    pub moved: u64,
    /// How many are the same as another one, and become part of it.
    pub folded: u64,
    /// How many are not taken over: those between the customers, and second parents.
    pub dropped: u64,
}
