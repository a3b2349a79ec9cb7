//! Domain events: written in the transaction of the change, read by consumers that each keep their own place.
//!
//! An event is thin (CloudEvents 1.0, without personal data): what happened to which record, its new version, and the
//! names of the fields that changed. Events get their position after their commit, under a lock per company, so that
//! a consumer that has acknowledged a position has missed nothing before it.

mod consume;
mod deliver;
mod feed;
mod follow;
mod positions;
mod recent;
mod revision;
mod viewer;
mod waiting;

pub use consume::{EventCursor, PendingEvents};
pub use deliver::{Delivered, Handover};
pub use feed::{EventFeed, Events, MOST_EVENTS};
pub use follow::Follower;
pub use revision::Revision;
pub use waiting::{Consumer, Waiting};

pub use crate::journal::outbox::{Event, EventData};
pub use crate::scope::commits::{Commits, WakeUp};
pub use crate::scope::event_position::EventPosition;
pub use crate::scope::live::FeedEvent;

use crate::journal::outbox as row;

crate::scope::company_owned!(row, Id, Position);
