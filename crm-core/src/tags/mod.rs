//! Tags: the words that a company sorts its customers by.
//!
//! A tag belongs to the whole company. Its name is unique there, without case, accents, apostrophes and what nobody sees,
//! so that *VIP* and *vip* are one tag; it may have a colour and a description.
//!
//! - A customer has up to a hundred tags. Adding one that it has and removing one that it has not changes nothing, and is no
//!   fault; a name that there is no tag for yet makes one, for those who may create tags.
//! - A tag is put on a customer, but is no part of it: the customer's version and times stay as they were. It is told in
//!   the customer's history (`tagged`, `untagged`) with the names of that time, and as an event with the ids of the tags.
//! - To rename a tag, to merge it into another and to delete it is one write, however many customers have it. It is told once,
//!   of the tag: a client that keeps a copy of the customers' tags follows the events of tags as well.
//! - There is no trash for tags. A customer in the trash keeps its tags, but does not count for their use.

mod assignments;
mod bulk;
mod input;
mod model;
mod query;
mod reindex;
mod repo;
mod row;

pub use assignments::CustomerTags;
pub(crate) use assignments::MAX_TAGS;
pub(crate) use bulk::{create, give_new, load_by_name, replace};
pub(crate) use input::stored_name;
pub use input::{NewTag, TagPatch, TagRef};
pub use model::{CustomerTag, Tag};
pub use query::{TagQuery, TagSort, TagSortKey};
pub(crate) use reindex::reindex;
pub use repo::Tags;
pub(crate) use row::{ASSIGNMENTS, TABLE};

use crate::customers::Child;

crate::scope::company_owned!(row, Id, Version);

/// The tags of a customer in the trash do not count for their use.
pub(crate) static CHILD: Child = Child { table: ASSIGNMENTS, kind: None, timeline: None };
