//! The events of one company, for those who may read its records: a feed that can be replayed.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::viewer::Viewer;
use super::{Event, EventPosition, positions, row};
use crate::base::error::Result;
use crate::scope::CompanyScope;

/// How many events one look gives at most.
pub const MAX_EVENTS: u64 = 1_000;

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
    pub async fn after(&mut self, position: Option<EventPosition>, limit: u64) -> Result<EventFeed> {
        let (viewer, latest) = (self.viewer().await?, self.reach().await?);
        let Self(scope) = self;
        let position = position.map(|position| position.not_beyond(latest)).transpose()?;
        let position = position.map_or(0, |position| position.position);
        let limit = limit.clamp(1, MAX_EVENTS);
        let rows =
            scope.find::<row::Entity>().filter(Expr::col("position").gt(position)).filter(viewer.condition(scope));
        let rows: Vec<row::Model> =
            rows.map(|select| select.order_by_asc(row::Column::Position)).fetch_up_to(limit + 1).await?;
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
            Some(pool) => {
                let _slot = scope.slot().await?;
                scope.crm.number(pool, company).await?
            }
            None => positions::reach(&scope.database(), company).await?.0,
        };
        Ok(EventPosition { company, position })
    }

    async fn viewer(&self) -> Result<Viewer> {
        self.0.company().await?;
        Viewer::of(self.0).await
    }
}
