//! Tags: the labels by which a company groups its customers.
//!
//! A tag belongs to the company. Its name is unique, ignoring case, accents, apostrophes and invisible characters, so
//! *VIP* and *vip* are one tag; it can have a colour and a description.
//!
//! - A customer has at most a hundred tags. Adding a tag twice, or removing a missing one, changes nothing and is not
//!   an error. An unknown name creates a tag, for actors who may create tags.
//! - Tags are not part of the customer: assigning one does not change the customer's version and times. It is recorded
//!   in the customer's history (`tagged`, `untagged`) with the names at that time, and as an event with the ids of the
//!   tags.
//! - Renaming, merging and deleting a tag is one write, however many customers have it, with one event of the tag: a
//!   client that stores customers' tags must follow the events of tags as well.
//! - Tags have no trash. A customer in the trash keeps its tags, but does not count for their usage.

mod assignments;
mod bulk;
mod input;
mod model;
mod query;
mod reindex;
mod repo;
mod row;

pub use assignments::CustomerTags;
pub(crate) use assignments::{MAX_TAGS, to_add, to_remove};
pub(crate) use bulk::{TagChange, create, give_new, load_by_id, load_by_name, of_customers, replace, write_all};
pub use input::{NewTag, TagPatch, TagRef};
pub(crate) use input::{is_color, stored_name};
pub use model::{CustomerTag, Tag};
pub use query::{TagQuery, TagSort, TagSortKey};
pub(crate) use reindex::reindex;
pub use repo::Tags;
pub(crate) use row::{ASSIGNMENTS, TABLE};

use crate::customers::Child;

crate::scope::company_owned!(row, Id, Version);

/// Assignments to customers in the trash do not count as usage.
pub(crate) static CHILD: Child = Child { table: ASSIGNMENTS, kind: None, timeline: None };
