//! Domain events: written in the transaction of the change, read by consumers with their own progress.
//!
//! An event is thin (CloudEvents 1.0, without personal data): the type of the change, the record, its new version, and
//! the names of the changed fields. Positions are assigned after the commit, under a lock per company, so a consumer
//! that has acknowledged a position has missed no event before it.

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
