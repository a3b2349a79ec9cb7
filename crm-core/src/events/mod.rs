//! Domain events: written in the transaction of the change, read by consumers that each keep their own place.
//!
//! An event is thin (CloudEvents 1.0, without personal data): what happened to which record, its new version, and the
//! names of the fields that changed. Events get their position after their commit, under a lock per company, so that
//! a consumer that has acknowledged a position has missed nothing before it.

mod consume;
mod deliver;
mod feed;
mod follow;
mod pending;
mod positions;
mod recent;
mod revision;
mod viewer;

pub use consume::{EventCursor, PendingEvents};
pub(crate) use consume::{acknowledge, pending_events};
pub use deliver::{Delivered, DeliveryOutcome};
pub(crate) use deliver::{deliver_round, deliver_to};
pub use feed::{EventFeed, Events, MAX_EVENTS};
pub use follow::Follower;
pub use pending::{Consumer, PendingCompany};
pub use revision::Revision;

pub use crate::journal::outbox::{Event, EventData};
pub use crate::scope::event_position::EventPosition;
pub use crate::scope::live::FeedEvent;
pub use crate::scope::notifications::{EventNotifier, Notification};

use crate::journal::outbox as row;

crate::scope::company_owned!(row, Id, Position);
