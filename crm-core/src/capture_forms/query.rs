//! Filters and orders of lists of capture forms.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::Serialize;

use super::model::CaptureForm;
use super::row::TABLE;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of capture forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptureFormSortKey {
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of capture forms.
pub type CaptureFormSort = Sort<CaptureFormSortKey>;

impl SortKey for CaptureFormSortKey {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Name, "name"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The capture forms in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaptureFormQuery {
    /// Only forms that take submissions, or only others.
    pub is_active: Option<bool>,
    /// The order.
    #[serde(skip)]
    pub sort: CaptureFormSort,
}

impl CaptureFormQuery {
    /// What the forms on the list meet.
    pub(super) fn condition(&self) -> Condition {
        let is_active = self.is_active.map(|is_active| Expr::col((TABLE, "is_active")).eq(is_active));
        Condition::all().add_option(is_active)
    }
}

/// The order of the rows.
pub(super) fn order(sort: CaptureFormSort) -> Order {
    let (column, kind) = match sort.key {
        CaptureFormSortKey::Name => ("name_key", KeyKind::Text),
        CaptureFormSortKey::CreatedAt => ("created_at", KeyKind::Time),
    };
    sort.order(TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: CaptureFormSort, form: &CaptureForm) -> Key {
    match sort.key {
        CaptureFormSortKey::Name => Key::Text(fold(&form.name)),
        CaptureFormSortKey::CreatedAt => Key::Time(form.created_at),
    }
}
