//! Filters and orders of lists of tags.

use sea_orm::sea_query::Expr;
use serde::Serialize;

use super::model::Tag;
use super::row;
use crate::base::error::{Malformed, Result};
use crate::base::text::fold;
use crate::query::filter::contains;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::actor::Actor;

/// The maximum length of the filter text, in characters.
const MAX_TEXT_LENGTH: usize = 64;

/// The sort keys of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagSortKey {
    /// Their name, without case and accents.
    Name,
    /// The number of customers that have them.
    UsageCount,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of tags.
pub type TagSort = Sort<TagSortKey>;

impl SortKey for TagSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Name, "name"), (Self::UsageCount, "usageCount"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The tags in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TagQuery {
    /// Only tags whose name contains this text, in any case.
    pub text: Option<String>,
    /// The order.
    #[serde(skip)]
    pub sort: TagSort,
}

impl TagQuery {
    /// The condition for the rows.
    ///
    /// # Errors
    /// [`Malformed`] if the text is longer than any name.
    pub(super) fn condition(&self, postgres: bool) -> Result<Option<Expr>> {
        let text = self.text.as_deref().unwrap_or_default();
        if text.chars().count() > MAX_TEXT_LENGTH {
            return Err(
                Malformed::new("parameter_invalid", "q", format!("at most {MAX_TEXT_LENGTH} characters")).into()
            );
        }
        let needle = fold(text);
        Ok((!needle.is_empty()).then(|| contains(Expr::col((row::TABLE, "name_key")), &needle, postgres)))
    }
}

/// The order of the rows.
pub(super) fn order(sort: TagSort, actor: &Actor) -> Order {
    match sort.key {
        TagSortKey::Name => sort.order(row::TABLE, "name_key", KeyKind::Text),
        TagSortKey::CreatedAt => sort.order(row::TABLE, "created_at", KeyKind::Time),
        TagSortKey::UsageCount => {
            let order = sort.order(row::TABLE, "name_key", KeyKind::Number);
            Order { key: row::usage(actor), computed: true, ..order }
        }
    }
}

/// The sort key of a row.
pub(super) fn sort_key(sort: TagSort, tag: &Tag) -> Key {
    match sort.key {
        TagSortKey::Name => Key::Text(fold(&tag.name)),
        TagSortKey::CreatedAt => Key::Time(tag.created_at),
        TagSortKey::UsageCount => Key::Number(i64::try_from(tag.usage_count).unwrap_or(i64::MAX)),
    }
}
