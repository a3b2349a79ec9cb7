//! What a bulk action does, and to which customers.

use serde::{Deserialize, Deserializer, Serialize};

use super::super::model::CustomerStatus;
use super::super::search::CustomerSearch;
use super::MAX_BULK_IDS;
use crate::base::error::{Error, Malformed, Violations};
use crate::base::ids::{CustomerId, UserId};
use crate::scope::actor::{Action, Resource};
use crate::tags::TagRef;

/// The maximum number of tags of one action.
const MAX_ACTION_TAGS: usize = 20;

/// What to do with each customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum BulkAction {
    /// Gives the customers to a user.
    SetOwner {
        /// The new owner; `null` for no owner.
        #[serde(rename = "ownerId", deserialize_with = "present")]
        #[cfg_attr(feature = "openapi", schema(required))]
        owner_id: Option<UserId>,
    },
    /// Changes the status.
    SetStatus {
        /// The new status.
        status: CustomerStatus,
    },
    /// Adds tags that a customer does not have yet.
    AddTags {
        /// The tags, by name or id; at most 20. Unknown names create tags.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, min_items = 1, max_items = 20))]
        tags: Vec<TagRef>,
    },
    /// Removes tags that a customer has.
    RemoveTags {
        /// The tags, by name or id; at most 20.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, min_items = 1, max_items = 20))]
        tags: Vec<TagRef>,
    },
    /// Hides the customers from lists.
    Archive {},
    /// Shows archived customers in lists again.
    Unarchive {},
    /// Moves the customers to the trash.
    Delete {},
}

/// An owner that is absent by mistake must not take the owners away.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UserId>, D::Error> {
    Option::deserialize(deserializer)
}

impl BulkAction {
    /// The right that it needs for each customer.
    pub(super) const fn right(&self) -> (Resource, Action) {
        match self {
            Self::AddTags { .. } | Self::RemoveTags { .. } => (Resource::Tags, Action::Attach),
            Self::Delete {} => (Resource::Customers, Action::Delete),
            Self::SetOwner { .. } | Self::SetStatus { .. } | Self::Archive {} | Self::Unarchive {} => {
                (Resource::Customers, Action::Update)
            }
        }
    }

    /// The right that undoing it needs.
    pub(super) const fn right_to_undo(&self) -> (Resource, Action) {
        match self {
            Self::Delete {} => (Resource::Customers, Action::Restore),
            _ => self.right(),
        }
    }

    pub(super) const fn is_of_tags(&self) -> bool {
        matches!(self, Self::AddTags { .. } | Self::RemoveTags { .. })
    }
}

/// A bulk action, and its customers: either `ids` or `query`.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// What to do.
    pub action: BulkAction,
    /// These customers.
    pub ids: Option<Vec<CustomerId>>,
    /// The customers that a search finds; all of its query without words. Its sort is of no account.
    pub query: Option<CustomerSearch>,
    /// Only count, and write nothing.
    pub dry_run: bool,
}

impl BulkRequest {
    pub(super) fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::default();
        match (&self.ids, &self.query) {
            (None, None) => violations.add("", "required", "name the customers by ids, or select them by query"),
            (Some(_), Some(_)) => violations.add("/query", "unexpected", "use either ids or query"),
            (Some(ids), None) if ids.is_empty() => violations.add("/ids", "required", "name at least one customer"),
            (Some(ids), None) if ids.len() > MAX_BULK_IDS => {
                violations.add("/ids", "too_many", format!("at most {MAX_BULK_IDS} ids; use a query for more"));
            }
            _ => {}
        }
        if let BulkAction::AddTags { tags } | BulkAction::RemoveTags { tags } = &self.action {
            match tags.len() {
                0 => violations.add("/action/tags", "required", "name at least one tag"),
                1..=MAX_ACTION_TAGS => {}
                _ => violations.add("/action/tags", "too_many", format!("at most {MAX_ACTION_TAGS} tags")),
            }
        }
        violations.into_result()
    }
}

/// The same error, with the place of its values below this member of the request.
pub(super) fn below(member: &'static str) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Invalid(Violations(mut violations)) => {
            for violation in &mut violations {
                violation.pointer = format!("/{member}{}", violation.pointer);
            }
            Error::Invalid(Violations(violations))
        }
        Error::Malformed(malformed) => {
            let at = format!("/{member}/{}", malformed.at.trim_start_matches('/'));
            Error::Malformed(Malformed { at, ..malformed })
        }
        other => other,
    }
}
