//! Filters and orders of lists of custom fields.

use serde::Serialize;

use super::model::CustomField;
use super::{CustomFieldEntity, row};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of custom fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CustomFieldSortKey {
    /// Their place.
    Position,
    /// Their key.
    Key,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of custom fields.
pub type CustomFieldSort = Sort<CustomFieldSortKey>;

impl SortKey for CustomFieldSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Position, "position"), (Self::Key, "key"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The custom fields in a list. Archived ones are left out unless `is_archived` selects them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldQuery {
    /// Only fields of this entity.
    pub entity: Option<CustomFieldEntity>,
    /// Only archived fields.
    pub is_archived: bool,
    /// The order.
    #[serde(skip)]
    pub sort: CustomFieldSort,
}

/// The order of the rows.
pub(super) fn order(sort: CustomFieldSort) -> Order {
    let (column, kind) = match sort.key {
        CustomFieldSortKey::Position => ("position", KeyKind::Number),
        CustomFieldSortKey::Key => ("key", KeyKind::Text),
        CustomFieldSortKey::CreatedAt => ("created_at", KeyKind::Time),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: CustomFieldSort, field: &CustomField) -> Key {
    match sort.key {
        CustomFieldSortKey::Position => Key::Number(field.position),
        CustomFieldSortKey::Key => Key::Text(field.key.clone()),
        CustomFieldSortKey::CreatedAt => Key::Time(field.created_at),
    }
}
