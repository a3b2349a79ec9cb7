//! Notes: texts of users about a customer.
//!
//! A note is Markdown text with a [`NoteType`]. Raw HTML is stored unchanged: a client that renders the text must
//! remove or sanitise it.
//!
//! - A **shared** note is visible to all users who may see the customer, and can be changed by its author, managers and
//!   administrators.
//! - A **private** note is visible to its author only, not even to administrators: it is not in other users' lists,
//!   counts, history, events or audit trail. Only the author can change the visibility.
//! - Up to five shared notes of a customer can be *pinned*, and as many private notes of each author.
//! - *Deleted* notes are in the trash until they are restored. Deleting, restoring or purging a customer includes its
//!   notes.

mod input;
mod model;
mod query;
mod repo;
mod row;

pub(crate) use input::MAX_BODY as MAX_NOTE;
pub use input::{NewNote, NotePatch};
pub use model::{Note, NoteType, NoteVisibility};
pub use query::{NoteQuery, NoteSort, NoteSortKey};
pub use repo::Notes;
pub(crate) use repo::{add_all, ensure_visible, shared_of, with_texts};
pub(crate) use row::of_customers;

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::scope::FromRow;
use crate::scope::visibility::Access;
use crate::timeline::{Branch, TimelineKind};

crate::scope::company_owned!(row, Id, Version);

pub(crate) static ACCESS: Access =
    Access { table: row::TABLE, resource: Resource::Notes, owner: "created_by_id", has_private: true, link: None };

pub(crate) static CHILD: Child = Child {
    table: row::TABLE,
    kind: Some(Kind::Note),
    timeline: Some(Branch {
        kind: TimelineKind::Note,
        at: "created_at",
        access: &ACCESS,
        columns: |_| &row::EXCERPT,
        read: |row| Ok(Note::from_row(row)?.into()),
    }),
};
