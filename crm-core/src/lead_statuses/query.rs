//! Filters and orders of lists of statuses of leads.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::Serialize;

use super::model::{LeadStatus, LeadStatusType};
use super::row::TABLE;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeadStatusSortKey {
    /// Their place.
    Position,
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of statuses.
pub type LeadStatusSort = Sort<LeadStatusSortKey>;

impl SortKey for LeadStatusSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Position, "position"), (Self::Name, "name"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The statuses in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadStatusQuery {
    /// Only archived statuses, or only others.
    pub is_archived: Option<bool>,
    /// Only statuses of this type.
    #[serde(rename = "type")]
    pub status_type: Option<LeadStatusType>,
    /// The order.
    #[serde(skip)]
    pub sort: LeadStatusSort,
}

impl LeadStatusQuery {
    /// What the statuses on the list meet.
    pub(super) fn condition(&self) -> Condition {
        let column = |name: &'static str| Expr::col((TABLE, name));
        Condition::all()
            .add_option(self.is_archived.map(|is_archived| column("is_archived").eq(is_archived)))
            .add_option(self.status_type.map(|status_type| column("type").eq(status_type.as_str())))
    }
}

/// The order of the rows.
pub(super) fn order(sort: LeadStatusSort) -> Order {
    let (column, kind) = match sort.key {
        LeadStatusSortKey::Position => ("position", KeyKind::Number),
        LeadStatusSortKey::Name => ("name_key", KeyKind::Text),
        LeadStatusSortKey::CreatedAt => ("created_at", KeyKind::Time),
    };
    sort.order(TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: LeadStatusSort, status: &LeadStatus) -> Key {
    match sort.key {
        LeadStatusSortKey::Position => Key::Number(status.position),
        LeadStatusSortKey::Name => Key::Text(fold(&status.name)),
        LeadStatusSortKey::CreatedAt => Key::Time(status.created_at),
    }
}
