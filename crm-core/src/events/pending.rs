//! Which companies have events that a consumer has not acknowledged.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, NullOrdering, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use uuid::Uuid;

use super::deliver::deliver_round;
use super::{Delivered, Event, EventPosition};
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::query::dialect::any_of;
use crate::scope::Crm;

/// After so long a consumer looks at all companies again. That finds what no clock and no older program has told of.
const EVERYWHERE_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How long a transaction may take to become visible, and how far the clocks of two processes may differ.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);
/// With more companies that wait than this, a look at all of them is no more work.
const MAX_NAMED: usize = 1_000;

/// A company with events that a consumer has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingCompany {
    /// Whose events they are.
    pub company: CompanyId,
    /// When the first of them happened; unknown where that one is not kept any more.
    pub since: Option<DateTime<Utc>>,
}

/// A consumer of events in this process, which remembers what it has found: its next look costs as much as there is new, not
/// as much as there are companies. Obtained from [`Crm::consumer`].
#[derive(Debug)]
pub struct Consumer {
    crm: Crm,
    db: DatabaseConnection,
    name: String,
    last: Option<Look>,
}

/// What a look has found.
#[derive(Debug)]
struct Look {
    at: DateTime<Utc>,
    everywhere_at: DateTime<Utc>,
    waiting: Vec<Uuid>,
}

/// The companies that are looked at.
pub(super) enum Among {
    All,
    These(Vec<Uuid>),
}

/// A company with events that a consumer has not acknowledged.
pub(super) struct LaggingCompany {
    pub company: Uuid,
    /// Where the consumer stands.
    pub position: i64,
    /// When the first of these events happened; unknown where it is not kept any more.
    pub since: Option<DateTime<Utc>>,
}

impl From<&LaggingCompany> for PendingCompany {
    fn from(lagging: &LaggingCompany) -> Self {
        Self { company: lagging.company.into(), since: lagging.since }
    }
}

impl Consumer {
    pub(crate) fn new(crm: Crm, db: DatabaseConnection, name: String) -> Self {
        Self { crm, db, name, last: None }
    }

    /// The companies with events that this consumer has not acknowledged, the one that waits longest first. Some of these
    /// events may be private.
    ///
    /// What was given a position a minute ago by a process whose clock is wrong is found a minute later.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn waiting(&mut self) -> Result<Vec<PendingCompany>> {
        let at = self.crm.now();
        self.crm.number_everywhere(&self.db).await?;
        // After a failure nothing is remembered.
        let (among, everywhere_at) = match self.last.take() {
            Some(look) if (TimeDelta::zero()..EVERYWHERE_EVERY).contains(&(at - look.everywhere_at)) => {
                let moved = moved_since(&self.db, look.at - OVERLAP).await?;
                (Among::These(moved.into_iter().chain(look.waiting).collect()), look.everywhere_at)
            }
            _ => (Among::All, at),
        };
        let lagging = lagging(&self.db, &self.name, among).await?;
        let waiting = lagging.iter().map(|lagging| lagging.company).collect();
        self.last = Some(Look { at, everywhere_at, waiting });
        Ok(lagging.iter().map(PendingCompany::from).collect())
    }

    /// One round of deliveries; see [`Crm::deliver`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn deliver<E, F: Future<Output = Result<(), E>>>(
        &mut self,
        limit: u64,
        sink: impl FnMut(CompanyId, Vec<(EventPosition, Event)>) -> F,
    ) -> Result<Delivered<E>, Error> {
        let waiting = self.waiting().await?;
        deliver_round(&self.crm, &self.db, &self.name, waiting, limit, sink).await
    }
}

/// The companies whose events got positions since then.
async fn moved_since(db: &DatabaseConnection, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let moved = Query::select()
        .column("company_id")
        .from("crm_event_heads")
        .and_where(Expr::col("moved_at").gte(since))
        .to_owned();
    Ok(db.query_all(&moved).await?.iter().map(|row| row.try_get("", "company_id")).collect::<Result<_, _>>()?)
}

/// The companies with events that a consumer has not acknowledged, the one that waits longest first.
pub(super) async fn lagging(db: &DatabaseConnection, consumer: &str, among: Among) -> Result<Vec<LaggingCompany>> {
    let (heads, places, events) = ("crm_event_heads", "crm_event_consumers", "crm_outbox");
    let position = || Expr::cust("COALESCE(crm_event_consumers.position, 0)");
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let among = match among {
        Among::These(companies) if companies.is_empty() => return Ok(Vec::new()),
        Among::These(companies) if companies.len() <= MAX_NAMED => {
            Condition::all().add(any_of(Expr::col((heads, "company_id")), companies, postgres))
        }
        Among::These(_) | Among::All => Condition::all(),
    };
    let query = Query::select()
        .column((heads, "company_id"))
        .expr_as(position(), "place")
        .column((events, "occurred_at"))
        .from(heads)
        .left_join(
            places,
            Expr::col((places, "company_id"))
                .equals((heads, "company_id"))
                .and(Expr::col((places, "consumer")).eq(consumer)),
        )
        .left_join(
            events,
            Expr::col((events, "company_id"))
                .equals((heads, "company_id"))
                .and(Expr::col((events, "position")).eq(position().add(1))),
        )
        .cond_where(Condition::all().add(Expr::col((heads, "position")).gt(position())).add(among))
        .order_by_with_nulls((events, "occurred_at"), Order::Asc, NullOrdering::First)
        .order_by((heads, "company_id"), Order::Asc)
        .to_owned();
    let rows = db.query_all(&query).await?;
    let lagging = rows.iter().map(|row| {
        let (company, position) = (row.try_get("", "company_id")?, row.try_get("", "place")?);
        Ok(LaggingCompany { company, position, since: row.try_get("", "occurred_at")? })
    });
    lagging.collect()
}
