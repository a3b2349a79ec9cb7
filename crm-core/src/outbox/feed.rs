//! The events of one company, for those who may read its records: a feed that can be replayed.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::viewer::Viewer;
use super::{Event, positions, row};
use crate::error::{Malformed, Result};
use crate::ids::CompanyId;
use crate::scope::CompanyScope;

/// How many events one look gives at most.
pub const MOST_EVENTS: u64 = 1_000;

/// A place in a company's feed: right behind an event. Opaque: what it is made of may change.
///
/// Its text and its bytes are for the host itself. They are not sealed, and two of them tell how many events lie between,
/// those of private records too; seal them before a user gets them, as `crm-http` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPosition {
    pub(super) company: CompanyId,
    pub(super) position: i64,
}

impl EventPosition {
    /// How many bytes it has.
    pub const LENGTH: usize = 24;

    /// Whose feed it is a place in.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }

    /// What it is made of.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (company, position) = bytes.split_at_mut(16);
        company.copy_from_slice(self.company.0.as_bytes());
        position.copy_from_slice(&self.position.to_be_bytes());
        bytes
    }

    /// A place of what [`EventPosition::to_bytes`] gave; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (company, position) = bytes.split_at_checked(16)?;
        let company = CompanyId(Uuid::from_slice(company).ok()?);
        let position = i64::from_be_bytes(position.try_into().ok()?);
        (position >= 0).then_some(Self { company, position })
    }

    /// The same place, unless it is another company's, or one that nothing has reached yet.
    pub(super) fn not_beyond(self, head: Self) -> Result<Self> {
        if self.company == head.company && self.position <= head.position {
            return Ok(self);
        }
        Err(no_position().into())
    }
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

impl FromStr for EventPosition {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| no_position())?;
        Self::from_bytes(&bytes).ok_or_else(no_position)
    }
}

fn no_position() -> Malformed {
    Malformed::new("cursor_invalid", "after", "this is no cursor of the company's events; pass one unchanged")
}

/// Some events, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFeed {
    /// The events, the oldest first, each with the place behind it.
    pub events: Vec<(EventPosition, Event)>,
    /// Where to go on: behind the last of them, and behind what the actor may not see.
    pub cursor: EventPosition,
    /// True if there are more already.
    pub has_more: bool,
}

/// The events of the company. Obtained from [`CompanyScope::events`].
///
/// Each event is in the feed exactly once, a record's events stand in the order of its versions, and an event never turns
/// up before one that was given out already. Events of private records are in the feed of their author alone.
#[derive(Debug)]
pub struct Events<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The events of the company.
    pub fn events(&mut self) -> Events<'_, 'c> {
        Events(self)
    }
}

impl Events<'_, '_> {
    /// Up to `limit` events (at most 1,000) behind a place; from the first event on without one.
    ///
    /// Events are told to those who may read the record: those of notes with the right to read all notes, for instance.
    ///
    /// In a host's transaction only events are seen that were read outside of one before, or acknowledged: the others get
    /// their place after their commit.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read all customers; [`Error::Malformed`](crate::Error::Malformed) for a place of another company, and
    /// for one that no event has reached yet.
    pub async fn after(&mut self, place: Option<EventPosition>, limit: u64) -> Result<EventFeed> {
        let (viewer, latest) = (self.viewer().await?, self.reach().await?);
        let Self(scope) = self;
        let place = place.map(|place| place.not_beyond(latest)).transpose()?;
        let position = place.map_or(0, |place| place.position);
        let limit = limit.clamp(1, MOST_EVENTS);
        let rows = scope.find::<row::Entity>().filter(Expr::col("position").gt(position)).filter(viewer.condition(scope));
        let rows: Vec<row::Model> =
            rows.map(|select| select.order_by_asc(row::Column::Position)).some(limit + 1).await?;
        let has_more = rows.len() as u64 > limit;
        let mut feed = EventFeed { events: Vec::new(), cursor: EventPosition { position, ..latest }, has_more };
        for row in rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            feed.cursor.position = row.position.unwrap_or_default();
            feed.events.push((feed.cursor, Event::read(row, &scope.crm.0.event_source)?));
        }
        if !has_more && feed.cursor.position < latest.position {
            // What lies between is not this actor's to see, and need not be looked at again.
            feed.cursor = latest;
        }
        Ok(feed)
    }

    /// The place behind the last event there is.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read all customers.
    pub async fn latest(&mut self) -> Result<EventPosition> {
        self.viewer().await?;
        self.reach().await
    }

    /// How far the feed reaches, once all that was committed before has its position.
    async fn reach(&self) -> Result<EventPosition> {
        let (scope, company) = (&*self.0, self.0.company_id());
        let position = match scope.pool() {
            Some(pool) => scope.crm.number(pool, company).await?,
            None => positions::reach(&scope.database(), company).await?.0,
        };
        Ok(EventPosition { company, position })
    }

    async fn viewer(&self) -> Result<Viewer> {
        self.0.company().await?;
        Viewer::of(self.0)
    }
}
