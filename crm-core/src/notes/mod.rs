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
pub(crate) use repo::{delete_with, ensure_visible, purge_with, restore_with};
pub(crate) use row::EXCERPT;

crate::scope::company_owned!(row, Id, Version);
