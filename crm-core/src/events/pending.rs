//! Finds the companies with unacknowledged events of a consumer.

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

/// The interval after which a consumer checks all companies. That finds events of processes with a wrong clock, and of
/// older programs.
const EVERYWHERE_EVERY: TimeDelta = TimeDelta::minutes(1);
/// The maximum time for a transaction to become visible, and the maximum clock difference of two processes.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);
/// With more waiting companies than this, checking all companies costs no more.
const MAX_NAMED: usize = 1_000;

/// A company with unacknowledged events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingCompany {
    /// The company.
    pub company: CompanyId,
    /// The time of the first of them; unknown if that event was deleted from the outbox.
    pub since: Option<DateTime<Utc>>,
}

/// A consumer of events in this process, which remembers its last check: the cost of the next one depends on the number
/// of new events, not on the number of companies. Obtained from [`Crm::consumer`].
#[derive(Debug)]
pub struct Consumer {
    crm: Crm,
    db: DatabaseConnection,
    name: String,
    last: Option<LastCheck>,
}

/// The result of a check.
#[derive(Debug)]
struct LastCheck {
    at: DateTime<Utc>,
    everywhere_at: DateTime<Utc>,
    waiting: Vec<Uuid>,
}

/// The companies to check.
pub(super) enum Among {
    All,
    These(Vec<Uuid>),
}

/// A company with unacknowledged events.
pub(super) struct LaggingCompany {
    pub company: Uuid,
    /// The acknowledged position.
    pub position: i64,
    /// The time of the first of these events; unknown if it was deleted from the outbox.
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

    /// The companies with unacknowledged events of this consumer, the longest waiting first. Some of these events may
    /// be private.
    ///
    /// Events that a process with a wrong clock gave a position are found up to a minute late.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn waiting(&mut self) -> Result<Vec<PendingCompany>> {
        let at = self.crm.now();
        self.crm.number_everywhere(&self.db).await?;
        // Nothing is remembered after an error.
        let (among, everywhere_at) = match self.last.take() {
            Some(last) if (TimeDelta::zero()..EVERYWHERE_EVERY).contains(&(at - last.everywhere_at)) => {
                let moved = moved_since(&self.db, last.at - OVERLAP).await?;
                (Among::These(moved.into_iter().chain(last.waiting).collect()), last.everywhere_at)
            }
            _ => (Among::All, at),
        };
        let lagging = lagging(&self.db, &self.name, among).await?;
        let waiting = lagging.iter().map(|lagging| lagging.company).collect();
        self.last = Some(LastCheck { at, everywhere_at, waiting });
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

/// The companies whose events were assigned positions since this time.
async fn moved_since(db: &DatabaseConnection, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let moved = Query::select()
        .column("company_id")
        .from("crm_event_heads")
        .and_where(Expr::col("moved_at").gte(since))
        .to_owned();
    Ok(db.query_all(&moved).await?.iter().map(|row| row.try_get("", "company_id")).collect::<Result<_, _>>()?)
}

/// The companies with unacknowledged events of a consumer, the longest waiting first.
pub(super) async fn lagging(db: &DatabaseConnection, consumer: &str, among: Among) -> Result<Vec<LaggingCompany>> {
    let (heads, consumers, events) = ("crm_event_heads", "crm_event_consumers", "crm_outbox");
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
        .expr_as(position(), "acknowledged")
        .column((events, "occurred_at"))
        .from(heads)
        .left_join(
            consumers,
            Expr::col((consumers, "company_id"))
                .equals((heads, "company_id"))
                .and(Expr::col((consumers, "consumer")).eq(consumer)),
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
        let (company, position) = (row.try_get("", "company_id")?, row.try_get("", "acknowledged")?);
        Ok(LaggingCompany { company, position, since: row.try_get("", "occurred_at")? })
    });
    lagging.collect()
}
