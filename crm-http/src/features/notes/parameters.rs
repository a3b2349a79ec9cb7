//! Query parameters of notes.

use crm_core::notes::{NoteQuery, NoteSort, NoteType, NoteVisibility};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::{parsed, separated};

/// The filters and the order of a list of notes.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// A filter, as JSON: `{"field": "createdAt", "op": "gte", "value": "2026-07-01T00:00:00Z"}`. Fields are `id`,
    /// `type`, `authorId` (`me` is the caller), `isPinned`, `createdAt`, `updatedAt` and `editedAt`; nodes and
    /// operators are those of the list of customers.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Only these types, separated by commas.
    #[serde(default, rename = "type", deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<NoteType>)]
    note_type: Vec<NoteType>,
    /// Only shared notes, or only your private notes.
    #[param(inline, nullable = false)]
    visibility: Option<NoteVisibility>,
    /// Only notes of this author; `me` for your own, `none` for notes without an author.
    #[param(nullable = false, value_type = Option<String>)]
    author_id: Option<OwnerFilter>,
    /// Only pinned notes (`true`), or only others (`false`).
    #[param(nullable = false)]
    is_pinned: Option<bool>,
    /// List the trash instead. For users who may restore notes.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
    /// The order: `createdAt` or `updatedAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "-createdAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<NoteQuery, ApiError> {
        let Self { filter, note_type, visibility, author_id, is_pinned, trashed, sort } = self;
        let sort = parsed::<NoteSort>(sort)?.unwrap_or_default();
        let (filter, trashed) = (parsed(filter)?, trashed.unwrap_or_default());
        Ok(NoteQuery { filter, note_type, visibility, author: author_id, is_pinned, trashed, sort })
    }
}
