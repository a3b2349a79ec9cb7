//! Filters and orders of lists of saved mappings.

use serde::Serialize;

use super::model::ImportMapping;
use super::row;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of saved mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportMappingSortKey {
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
}

/// An order of saved mappings.
pub type ImportMappingSort = Sort<ImportMappingSortKey>;

impl SortKey for ImportMappingSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Name, "name"), (Self::CreatedAt, "createdAt"), (Self::UpdatedAt, "updatedAt")];
    const DESCENDING: bool = false;
}

/// The saved mappings in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportMappingQuery {
    /// Only mappings for files with this signature.
    pub signature: Option<String>,
    /// The order.
    #[serde(skip)]
    pub sort: ImportMappingSort,
}

/// The order of the rows.
pub(super) fn order(sort: ImportMappingSort) -> Order {
    let (column, kind) = match sort.key {
        ImportMappingSortKey::Name => ("name_key", KeyKind::Text),
        ImportMappingSortKey::CreatedAt => ("created_at", KeyKind::Time),
        ImportMappingSortKey::UpdatedAt => ("updated_at", KeyKind::Time),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: ImportMappingSort, mapping: &ImportMapping) -> Key {
    match sort.key {
        ImportMappingSortKey::Name => Key::Text(fold(&mapping.name)),
        ImportMappingSortKey::CreatedAt => Key::Time(mapping.created_at),
        ImportMappingSortKey::UpdatedAt => Key::Time(mapping.updated_at),
    }
}
