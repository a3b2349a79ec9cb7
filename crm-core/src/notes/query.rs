//! Filters and orders of lists of notes.

use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;
use serde_json::json;

use super::model::{Note, NoteType, NoteVisibility};
use super::row;
use crate::base::error::Result;
use crate::query::filter::{Compiler, Field, FieldKind, Filter, Op, expect_few, field};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::users::OwnerFilter;

/// The sort keys of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteSortKey {
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
}

/// An order of notes.
pub type NoteSort = Sort<NoteSortKey>;

impl SortKey for NoteSortKey {
    const ALL: &'static [(Self, &'static str)] = &[(Self::CreatedAt, "createdAt"), (Self::UpdatedAt, "updatedAt")];
}

/// The notes in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteQuery {
    /// A filter over the fields of a note.
    pub filter: Option<Filter>,
    /// Only these types.
    #[serde(rename = "type")]
    pub note_type: Vec<NoteType>,
    /// Only shared notes, or only the actor's private notes.
    pub visibility: Option<NoteVisibility>,
    /// Only notes of this author.
    pub author: Option<OwnerFilter>,
    /// Only pinned notes, or only others.
    pub is_pinned: Option<bool>,
    /// List the trash instead; requires the right to restore.
    pub trashed: bool,
    /// The order.
    #[serde(skip)]
    pub sort: NoteSort,
}

/// The fields that notes can be filtered by.
const FIELDS: &[Field] = &[
    field("id", "id", FieldKind::Id),
    field("type", "type", FieldKind::Name(NoteType::NAMES)),
    field("authorId", "created_by_id", FieldKind::Id),
    field("isPinned", "is_pinned", FieldKind::Bool),
    field("createdAt", "created_at", FieldKind::Time),
    field("updatedAt", "updated_at", FieldKind::Time),
    field("editedAt", "edited_at", FieldKind::Time),
];

impl NoteQuery {
    fn as_filter(&self) -> Filter {
        let Self { filter, note_type, visibility: _, author, is_pinned, trashed: _, sort: _ } = self;
        let mut all: Vec<Filter> = filter.iter().cloned().collect();
        if !note_type.is_empty() {
            all.push(Filter::leaf("type", Op::In, json!(note_type)));
        }
        all.extend(author.map(|author| author.filter("authorId")));
        all.extend(is_pinned.map(|pinned| Filter::leaf("isPinned", Op::Eq, pinned)));
        Filter::All(all)
    }

    /// The condition for the rows, either inside or outside the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for the trash without the right to restore; the errors of the
    /// filter; [`Error::Invalid`](crate::Error::Invalid) for a list with more than
    /// [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, scope: &CompanyScope<'_>) -> Result<Expr> {
        expect_few("type", &self.note_type)?;
        if self.trashed {
            scope.reach(Resource::Notes, Action::Restore)?;
        }
        let compiler = Compiler {
            table: row::TABLE,
            fields: FIELDS,
            search_text: "body",
            postgres: scope.is_postgres(),
            me: scope.actor().user_id(),
            custom: None,
        };
        let deleted_at = Expr::col((row::TABLE, "deleted_at"));
        let trash = if self.trashed { deleted_at.is_not_null() } else { deleted_at.is_null() };
        let mut condition = trash.and(compiler.compile(&self.as_filter())?);
        if let Some(visibility) = self.visibility {
            let private_to = Expr::col((row::TABLE, "private_to"));
            condition = condition.and(match visibility {
                NoteVisibility::Shared => private_to.is_null(),
                NoteVisibility::Private => private_to.is_not_null(),
            });
        }
        Ok(condition)
    }
}

/// The order of the rows.
pub(super) fn order(sort: NoteSort) -> Order {
    let column = match sort.key {
        NoteSortKey::CreatedAt => "created_at",
        NoteSortKey::UpdatedAt => "updated_at",
    };
    sort.order(row::TABLE, column, KeyKind::Time)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: NoteSort, note: &Note) -> Key {
    Key::Time(match sort.key {
        NoteSortKey::CreatedAt => note.created_at,
        NoteSortKey::UpdatedAt => note.updated_at,
    })
}
