//! Notes: what the people of a company write down about a customer.
//!
//! A note is Markdown text with a [`NoteType`]. Raw HTML in it is kept as it was written: a client that renders it must
//! leave HTML out, or sanitise it.
//!
//! - A **shared** note is seen by everybody in the company who sees the customer, and changed by its author, by managers
//!   and by administrators.
//! - A **private** note is its author's alone, administrators included: no other user finds it in a list, a count, a history,
//!   an event or the audit trail. Only the author can make a note private, or shared again.
//! - Up to five shared notes of a customer can be *pinned*, and as many private ones of each author.
//! - *Deleted* notes are in the trash until they are restored. A customer that is deleted, restored or purged takes its
//!   notes along.

mod input;
mod model;
mod query;
mod repo;
mod row;

pub use input::{NewNote, NotePatch};
pub use model::{Note, NoteType, NoteVisibility};
pub use query::{NoteQuery, NoteSort, NoteSortKey};
pub use repo::Notes;
pub(crate) use repo::ensure_visible;

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::scope::FromRow;
use crate::timeline::{Branch, TimelineKind};

crate::scope::company_owned!(row, Id, Version);

pub(crate) static CHILD: Child = Child {
    table: row::TABLE,
    kind: Some(Kind::Note),
    timeline: Some(Branch {
        kind: TimelineKind::Note,
        at: "created_at",
        resource: Resource::Notes,
        owner: "created_by_id",
        has_private: true,
        columns: &row::EXCERPT,
        read: |row| Ok(Note::from_row(row)?.into()),
    }),
};
