//! Filters and orders of lists of pipelines.

use serde::Serialize;

use super::model::Pipeline;
use super::row;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PipelineSortKey {
    /// Their place.
    Position,
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of pipelines.
pub type PipelineSort = Sort<PipelineSortKey>;

impl SortKey for PipelineSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Position, "position"), (Self::Name, "name"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The pipelines in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineQuery {
    /// Only archived pipelines, or only others.
    pub is_archived: Option<bool>,
    /// The order.
    #[serde(skip)]
    pub sort: PipelineSort,
}

/// The order of the rows.
pub(super) fn order(sort: PipelineSort) -> Order {
    let (column, kind) = match sort.key {
        PipelineSortKey::Position => ("position", KeyKind::Number),
        PipelineSortKey::Name => ("name_key", KeyKind::Text),
        PipelineSortKey::CreatedAt => ("created_at", KeyKind::Time),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: PipelineSort, pipeline: &Pipeline) -> Key {
    match sort.key {
        PipelineSortKey::Position => Key::Number(pipeline.position),
        PipelineSortKey::Name => Key::Text(fold(&pipeline.name)),
        PipelineSortKey::CreatedAt => Key::Time(pipeline.created_at),
    }
}
