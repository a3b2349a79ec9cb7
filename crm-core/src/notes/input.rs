//! The input for notes.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{Note, NoteType, NoteVisibility};
use crate::base::error::Violations;
use crate::base::patch::{apply_fields, patch};
use crate::base::text;
use crate::base::validation;

/// The maximum length of a text, in characters.
pub(crate) const MAX_BODY: usize = 65_536;

/// A note to add, or all writable fields of one to replace. An absent or `null` field has no value.
///
/// ```
/// use crm_core::notes::{NewNote, NoteType};
///
/// let note = NewNote { note_type: Some(NoteType::Call), ..NewNote::text("Wants a **quote** by Friday") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewNote {
    /// The type of the note; `general` if absent.
    #[serde(rename = "type")]
    pub note_type: Option<NoteType>,
    /// The title.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "First call", max_length = 250))]
    pub title: Option<String>,
    /// The text, in Markdown; up to 65,536 characters. Also accepted as `content` and `text`.
    #[serde(alias = "content", alias = "text")]
    #[validate(length(max = 65_536))]
    #[cfg_attr(feature = "openapi", schema(example = "Wants a **quote** by Friday", max_length = 65_536))]
    pub body: Option<String>,
    /// The visibility; `shared` if absent.
    pub visibility: Option<NoteVisibility>,
    /// Whether the note is pinned to the top.
    pub is_pinned: Option<bool>,
}

impl NewNote {
    /// The writable fields by their JSON names. A PUT requires all of them.
    pub const FIELDS: &'static [&'static str] = &["type", "title", "body", "visibility", "isPinned"];

    /// The fields of a [`Note`] that a PUT ignores.
    pub const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "customerId",
        "isTruncated",
        "author",
        "editedAt",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// A shared note with this text.
    pub fn text(body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..Self::default() }
    }

    /// A private note with this text.
    #[must_use]
    pub fn private(self) -> Self {
        Self { visibility: Some(NoteVisibility::Private), ..self }
    }

    /// Trims all texts, clears empty ones, and checks every rule.
    pub(super) fn validated(mut self) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.title, "/title", text::line, &mut violations);
        validation::normalise(&mut self.body, "/body", text::block, &mut violations);
        if self.body.is_none() {
            violations.add("/body", "required", "a note needs a text");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// Writes validated input into a note.
    pub(super) fn write(self, note: &mut Note) {
        let Self { note_type, title, body, visibility, is_pinned } = self;
        note.note_type = note_type.unwrap_or_default();
        note.title = title;
        note.body = body.unwrap_or_default();
        note.visibility = visibility.unwrap_or_default();
        note.is_pinned = is_pinned.unwrap_or_default();
    }
}

impl From<&Note> for NewNote {
    /// The input that would produce this note, which must not be an excerpt ([`Note::is_truncated`]).
    fn from(note: &Note) -> Self {
        let note = note.clone();
        Self {
            note_type: Some(note.note_type),
            title: note.title,
            body: Some(note.body),
            visibility: Some(note.visibility),
            is_pinned: Some(note.is_pinned),
        }
    }
}

patch! {
    /// A change of a note (RFC 7396): absent fields stay unchanged, `null` clears a field.
    NotePatch {
        /// The type of the note.
        #[serde(rename = "type")]
        note_type: NoteType,
        /// The title.
        title: String [max_length = 250],
        /// The text, in Markdown. Also accepted as `content` and `text`.
        #[serde(alias = "content", alias = "text")]
        body: String [max_length = 65_536],
        /// The visibility; only the author can change it.
        visibility: NoteVisibility,
        /// Whether the note is pinned to the top.
        is_pinned: bool,
    }
}

impl NotePatch {
    /// The note after the change.
    pub(super) fn apply(self, note: &Note) -> NewNote {
        let mut draft = NewNote::from(note);
        apply_fields!(self => draft: note_type, title, body, visibility, is_pinned);
        draft
    }
}
