//! Filters and orders of the do-not-contact list.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::Serialize;

use super::model::{Suppression, SuppressionKind, SuppressionReason};
use super::row::TABLE;
use super::value::{keys_of_email, kind_of, normalised};
use crate::query::dialect::any_of;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuppressionSortKey {
    /// The time at which the entry was added.
    CreatedAt,
    /// The address, number or domain.
    Value,
}

/// An order of the list.
pub type SuppressionSort = Sort<SuppressionSortKey>;

impl SortKey for SuppressionSortKey {
    const ALL: &'static [(Self, &'static str)] = &[(Self::CreatedAt, "createdAt"), (Self::Value, "value")];
}

/// The entries in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressionQuery {
    /// Only entries of this kind.
    pub kind: Option<SuppressionKind>,
    /// Only entries for this reason.
    pub reason: Option<SuppressionReason>,
    /// Only what stands against this address, number or domain, in any notation.
    pub value: Option<String>,
    /// The order.
    #[serde(skip)]
    pub sort: SuppressionSort,
}

impl SuppressionQuery {
    /// What the entries on the list meet.
    pub(super) fn condition(&self, default_country: Option<&str>, postgres: bool) -> Condition {
        let column = |name: &'static str| Expr::col((TABLE, name));
        let kind = self.kind.map(|kind| column("kind").eq(kind.as_str()));
        let reason = self.reason.map(|reason| column("reason").eq(reason.as_str()));
        let value = self.value.as_deref().map(|typed| any_of(column("value"), keys(typed, default_country), postgres));
        Condition::all().add_option(kind).add_option(reason).add_option(value)
    }
}

/// What the list may have of what a user has typed.
fn keys(typed: &str, default_country: Option<&str>) -> Vec<String> {
    match normalised(kind_of(typed), typed, default_country) {
        Ok(address) if address.contains('@') => keys_of_email(&address),
        Ok(value) => vec![value],
        Err(_) => Vec::new(),
    }
}

/// The order of the rows.
pub(super) fn order(sort: SuppressionSort) -> Order {
    let (column, kind) = match sort.key {
        SuppressionSortKey::CreatedAt => ("created_at", KeyKind::Time),
        SuppressionSortKey::Value => ("value", KeyKind::Text),
    };
    sort.order(TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: SuppressionSort, entry: &Suppression) -> Key {
    match sort.key {
        SuppressionSortKey::CreatedAt => Key::Time(entry.created_at),
        SuppressionSortKey::Value => Key::Text(entry.value.clone()),
    }
}
