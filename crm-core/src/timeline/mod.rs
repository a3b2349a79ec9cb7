//! The timeline of a customer or a lead: everything that happened to them and with them, the newest first.
//!
//! It is made of what is there: their changes, the notes on them, the interactions and the deals with them, and the
//! tasks for them, each at its own time.
//! Private notes are in their author's timeline only. A host adds entries of its own, such as invoices and orders, through a
//! [`TimelineSource`].

mod model;
mod read;

pub use model::{TimelineEntry, TimelineKind, TimelineQuery};
pub(crate) use read::Branch;

pub use crate::scope::timeline_source::{ExternalEntry, TimelineRequest, TimelineSource};
