//! The event feed of one company, for actors who may read its records. It can be replayed.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::viewer::Viewer;
use super::{Event, EventPosition, positions, row};
use crate::base::error::Result;
use crate::scope::CompanyScope;

/// The maximum number of events per read.
pub const MAX_EVENTS: u64 = 1_000;

/// Some events, and the position to continue from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFeed {
    /// The events, oldest first, each with its position.
    pub events: Vec<(EventPosition, Event)>,
    /// The position to continue from: after the last event, and after those that the actor may not see.
    pub cursor: EventPosition,
    /// Whether there are more events.
    pub has_more: bool,
}

/// The events of the company. Obtained from [`CompanyScope::events`].
///
/// Each event is in the feed exactly once, a record's events are in the order of its versions, and an event never
/// appears before one that was already read. Events of private records are in the feed of their author only.
#[derive(Debug)]
pub struct Events<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The events of the company.
    pub fn events(&mut self) -> Events<'_, 'c> {
        Events(self)
    }
}

impl Events<'_, '_> {
    /// Up to `limit` events (at most 1,000) after a position; from the first event without one.
    ///
    /// Only events of records that the actor may read: events of notes require the right to read all notes, for
    /// example.
    ///
    /// In a host's transaction only events with a position are visible: positions are assigned outside of it, after the
    /// commit.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read all customers;
    /// [`Error::Malformed`](crate::Error::Malformed) for a position of another company, or one that the feed has not
    /// reached.
    pub async fn after(&mut self, position: Option<EventPosition>, limit: u64) -> Result<EventFeed> {
        let (viewer, latest) = (self.viewer().await?, self.reach().await?);
        let Self(scope) = self;
        let position = position.map(|position| position.not_beyond(latest)).transpose()?;
        let position = position.map_or(0, |position| position.position);
        let limit = limit.clamp(1, MAX_EVENTS);
        let rows = scope.find::<row::Entity>().filter(Expr::col("position").gt(position)).filter(viewer.condition());
        let rows: Vec<row::Model> =
            rows.map(|select| select.order_by_asc(row::Column::Position)).fetch_up_to(limit + 1).await?;
        let has_more = rows.len() as u64 > limit;
        let mut feed = EventFeed { events: Vec::new(), cursor: EventPosition { position, ..latest }, has_more };
        for row in rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            feed.cursor.position = row.position.unwrap_or_default();
            feed.events.push((feed.cursor, Event::read(row, &scope.crm.0.event_source)?));
        }
        if !has_more && feed.cursor.position < latest.position {
            // The events in between are hidden from this actor and need not be read again.
            feed.cursor = latest;
        }
        Ok(feed)
    }

    /// The position of the last event.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read all customers.
    pub async fn latest(&mut self) -> Result<EventPosition> {
        self.viewer().await?;
        self.reach().await
    }

    /// The last position of the feed, after all committed events have been assigned one.
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
