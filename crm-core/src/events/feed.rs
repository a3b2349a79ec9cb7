//! The events of one company, for those who may read its records: a feed that can be replayed.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, QueryOrder};

use super::{Event, EventPosition, consume, row};
use crate::base::error::{Error, Result};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Reach, Resource};

/// How many events one look gives at most.
pub const MOST_EVENTS: u64 = 1_000;

/// Some events, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFeed {
    /// The events, the oldest first, each with the place behind it.
    pub events: Vec<(EventPosition, Event)>,
    /// The place behind the last of them.
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
    /// In a host's transaction only events are seen that were read outside of one before, or acknowledged: the others get
    /// their place after their commit.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the actor may read all customers; [`Error::Malformed`] for a place of another company.
    pub async fn after(&mut self, place: Option<EventPosition>, limit: u64) -> Result<EventFeed> {
        self.permit().await?;
        let Self(scope) = self;
        let company = scope.company_id();
        if place.is_some_and(|place| place.company != company) {
            return Err(EventPosition::invalid().into());
        }
        let position = place.map_or(0, |place| place.position);
        let limit = limit.clamp(1, MOST_EVENTS);
        if let Some(pool) = scope.pool() {
            consume::assign_to(pool, company.0).await?;
        }
        let visible = scope.not_private(Expr::col("private_to"));
        let rows = scope.find::<row::Entity>().filter(Expr::col("position").gt(position)).filter(visible);
        let rows: Vec<row::Model> =
            rows.map(|select| select.order_by_asc(row::Column::Position)).some(limit + 1).await?;
        let has_more = rows.len() as u64 > limit;
        let mut feed = EventFeed { events: Vec::new(), cursor: EventPosition { company, position }, has_more };
        for row in rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            // It stays before what is another's, so that it tells nobody of that.
            feed.cursor.position = row.position.unwrap_or_default();
            feed.events.push((feed.cursor, Event::read(row, &scope.crm.0.event_source)?));
        }
        Ok(feed)
    }

    /// The place behind the last event there is.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the actor may read all customers.
    pub async fn latest(&mut self) -> Result<EventPosition> {
        self.permit().await?;
        let Self(scope) = self;
        let company = scope.company_id();
        if let Some(pool) = scope.pool() {
            consume::assign_to(pool, company.0).await?;
        }
        let head = Query::select()
            .column("position")
            .from("crm_event_heads")
            .and_where(Expr::col("company_id").eq(company.0))
            .to_owned();
        let row = scope.database().query_one(&head).await?;
        let position = row.map(|row| row.try_get("", "position")).transpose()?.unwrap_or_default();
        Ok(EventPosition { company, position })
    }

    /// Events tell of all records: who sees some of them only cannot be told which.
    async fn permit(&mut self) -> Result<()> {
        self.0.company().await?;
        match self.0.reach(Resource::Customers, Action::Read)? {
            Reach::All => Ok(()),
            Reach::Own => Err(Error::Forbidden { action: Action::Read, resource: Resource::Customers, id: None }),
        }
    }
}
