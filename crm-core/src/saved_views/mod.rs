//! Saved views: what a list shows, by name: its filter, its order and its columns.
//!
//! - A **private** view is visible to its owner only, not even to administrators: it is not in other users' lists,
//!   history, events or audit trail. A **shared** view is visible to all users who may read its entity.
//! - A view is changed and deleted by its owner; a shared one by managers and administrators as well. The owner is the
//!   user who has added it. Only the owner can change the visibility.
//! - The query is that of the list: the same names and values as the list's parameters, checked by the same code, so
//!   that each view can be run. `ownerId=me` is the user who runs it, and `now-30d` is relative to that time.
//! - A name is unique among the views of an owner and an entity, without case and accents. An owner has at most 200.
//! - Views have no trash.

mod entity;
mod input;
mod model;
mod query;
mod repo;
mod row;

pub use entity::ViewEntity;
pub use input::{NewSavedView, SavedViewPatch};
pub use model::{SavedView, ViewVisibility};
pub use query::{SavedViewQuery, SavedViewSort, SavedViewSortKey};
pub use repo::SavedViews;
pub(crate) use repo::ensure_visible;

crate::scope::company_owned!(row, Id, Version);
