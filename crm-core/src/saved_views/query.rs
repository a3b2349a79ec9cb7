//! Filters and orders of lists of saved views.

use serde::Serialize;

use super::entity::ViewEntity;
use super::model::{SavedView, ViewVisibility};
use super::row;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of saved views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedViewSortKey {
    /// Their place.
    Position,
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
}

/// An order of saved views.
pub type SavedViewSort = Sort<SavedViewSortKey>;

impl SortKey for SavedViewSortKey {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Position, "position"),
        (Self::Name, "name"),
        (Self::CreatedAt, "createdAt"),
        (Self::UpdatedAt, "updatedAt"),
    ];
    const DESCENDING: bool = false;
}

/// The saved views in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedViewQuery {
    /// Only views of this entity.
    pub entity: Option<ViewEntity>,
    /// Only shared views, or only the actor's private views.
    pub visibility: Option<ViewVisibility>,
    /// The order.
    #[serde(skip)]
    pub sort: SavedViewSort,
}

/// The order of the rows.
pub(super) fn order(sort: SavedViewSort) -> Order {
    let (column, kind) = match sort.key {
        SavedViewSortKey::Position => ("position", KeyKind::Number),
        SavedViewSortKey::Name => ("name_key", KeyKind::Text),
        SavedViewSortKey::CreatedAt => ("created_at", KeyKind::Time),
        SavedViewSortKey::UpdatedAt => ("updated_at", KeyKind::Time),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: SavedViewSort, view: &SavedView) -> Key {
    match sort.key {
        SavedViewSortKey::Position => Key::Number(view.position),
        SavedViewSortKey::Name => Key::Text(fold(&view.name)),
        SavedViewSortKey::CreatedAt => Key::Time(view.created_at),
        SavedViewSortKey::UpdatedAt => Key::Time(view.updated_at),
    }
}
