//! Reading events: positions, consumers, acknowledgement.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, NullOrdering, OnConflict, Order, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::{Event, row};
use crate::base::error::{Error, Malformed, Result};
use crate::scope::{Crm, begin_write};

/// How many events get their position in one go.
const BATCH: u64 = 1_000;
/// How many events are handed out in one go.
pub(super) const MOST: u64 = 10_000;

/// Events that a consumer has not acknowledged, and how to acknowledge them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingEvents {
    /// Oldest first within each company; every record's events in the order of its versions.
    pub events: Vec<Event>,
    /// What to pass to [`Crm::acknowledge`] once all of them have been dealt with.
    pub cursor: EventCursor,
}

/// How far a consumer has come. Opaque: its text may be stored, its content may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCursor(BTreeMap<Uuid, i64>);

impl std::fmt::Display for EventCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = serde_json::to_vec(&self.0).map_err(|_| std::fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl std::str::FromStr for EventCursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .map(Self)
            .ok_or_else(|| Malformed::new("cursor_invalid", "cursor", "this is no cursor of pending events"))
    }
}

impl Crm {
    /// Up to `limit` events (at most 10,000) of all companies that `consumer` has not acknowledged. A new consumer starts at the first
    /// event there is. Events that are private to a user are not among them.
    ///
    /// Reading changes nothing for the consumer: until [`Crm::acknowledge`] is called the same events come again, so each
    /// is delivered at least once. One consumer is one reader: two that share a name share a place.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn pending_events(&self, db: &DatabaseConnection, consumer: &str, limit: u64) -> Result<PendingEvents> {
        let limit = std::cmp::min(limit, MOST);
        self.assign_positions(db).await?;
        let mut pending = PendingEvents { events: Vec::new(), cursor: EventCursor::default() };
        for Behind { company, position, since: _ } in behind(db, consumer).await? {
            let missing = limit - pending.events.len() as u64;
            if missing == 0 {
                break;
            }
            for row in after(db, company, position, missing).await? {
                let (position, private) = (row.position.unwrap_or_default(), row.private_to.is_some());
                pending.cursor.0.insert(company, position);
                if !private {
                    pending.events.push(Event::read(row, &self.0.event_source)?);
                }
            }
        }
        Ok(pending)
    }

    /// Tells that `consumer` has dealt with everything up to `cursor`. Going back is not possible, and repeating it is
    /// harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn acknowledge(&self, db: &DatabaseConnection, consumer: &str, cursor: &EventCursor) -> Result<()> {
        let now = self.now();
        let tx = begin_write(db).await?;
        for (company, position) in &cursor.0 {
            advance(&tx, consumer, *company, *position, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives positions to all committed events that have none, company by company, the one that waits longest first.
    pub(super) async fn assign_positions(&self, db: &DatabaseConnection) -> Result<()> {
        let waiting = Query::select()
            .column("company_id")
            .from("crm_outbox")
            .and_where(Expr::col("position").is_null())
            .group_by_col("company_id")
            .order_by_expr(Expr::cust("min(occurred_at)"), Order::Asc)
            .to_owned();
        for row in db.query_all(&waiting).await? {
            let company: Uuid = row.try_get("", "company_id")?;
            while assign_some(db, company).await? == BATCH {}
        }
        Ok(())
    }
}

/// Gives positions to all committed events of a company that have none.
pub(super) async fn assign_to(db: &DatabaseConnection, company: Uuid) -> Result<()> {
    let waiting = Query::select()
        .expr(Expr::val(1))
        .from("crm_outbox")
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("position").is_null())
        .limit(1)
        .to_owned();
    // Most often there are none, and nobody needs a lock.
    if db.query_one(&waiting).await?.is_some() {
        while assign_some(db, company).await? == BATCH {}
    }
    Ok(())
}

/// Gives positions to one batch of a company's events. Only one process does so at a time; another finds nothing to do.
pub(super) async fn assign_some(db: &DatabaseConnection, company: Uuid) -> Result<u64> {
    const NUMBER: &str = "UPDATE crm_outbox SET position = $1 + waiting.number FROM (\
        SELECT id AS waiting_id, row_number() OVER (ORDER BY occurred_at, id) AS number FROM crm_outbox \
        WHERE company_id = $2 AND position IS NULL ORDER BY occurred_at, id LIMIT $3\
        ) AS waiting WHERE company_id = $2 AND id = waiting.waiting_id";
    let tx = begin_write(db).await?;
    lock(&tx, company).await?;
    let head = head(&tx, company).await?;
    let values = [head.into(), company.into(), i64::try_from(BATCH).map_err(Error::internal)?.into()];
    let numbered = Statement::from_sql_and_values(tx.get_database_backend(), NUMBER, values);
    let numbered = tx.execute_raw(numbered).await?.rows_affected();
    let last = head + i64::try_from(numbered).map_err(Error::internal)?;
    let statement = Query::insert()
        .into_table("crm_event_heads")
        .columns(["company_id", "position"])
        .values_panic([Expr::val(company), Expr::val(last)])
        .on_conflict(OnConflict::column("company_id").update_column("position").to_owned())
        .to_owned();
    tx.execute(&statement).await?;
    tx.commit().await?;
    Ok(numbered)
}

/// SQLite has one writer already.
async fn lock(tx: &DatabaseTransaction, company: Uuid) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let (high, low) = company.as_u64_pair();
        let key = i64::from_be_bytes((high ^ low).to_be_bytes());
        let sql = "SELECT pg_advisory_xact_lock($1)";
        tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [key.into()])).await?;
    }
    Ok(())
}

/// A consumer has dealt with everything of a company up to here. He never goes back.
pub(super) async fn advance(
    db: &impl ConnectionTrait,
    consumer: &str,
    company: Uuid,
    position: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let statement = Query::insert()
        .into_table("crm_event_consumers")
        .columns(["company_id", "consumer", "position", "updated_at"])
        .values_panic([Expr::val(company), Expr::val(consumer), Expr::val(position), Expr::val(now)])
        .on_conflict(
            OnConflict::columns(["company_id", "consumer"])
                .update_columns(["position", "updated_at"])
                .action_and_where(
                    Expr::col(("crm_event_consumers", "position"))
                        .lt(Expr::col((Alias::new("excluded"), Alias::new("position")))),
                )
                .to_owned(),
        )
        .to_owned();
    db.execute(&statement).await?;
    Ok(())
}

async fn head(tx: &DatabaseTransaction, company: Uuid) -> Result<i64> {
    let query = Query::select()
        .column("position")
        .from("crm_event_heads")
        .and_where(Expr::col("company_id").eq(company))
        .to_owned();
    Ok(tx.query_one(&query).await?.map(|row| row.try_get("", "position")).transpose()?.unwrap_or_default())
}

/// A company with events that a consumer has not acknowledged.
pub(super) struct Behind {
    pub company: Uuid,
    /// Where the consumer stands.
    pub position: i64,
    /// When the first of these events happened; unknown where it is not kept any more.
    pub since: Option<DateTime<Utc>>,
}

/// The companies with events that a consumer has not acknowledged, the one that waits longest first.
pub(super) async fn behind(db: &DatabaseConnection, consumer: &str) -> Result<Vec<Behind>> {
    let (heads, places, events) = ("crm_event_heads", "crm_event_consumers", "crm_outbox");
    let place = || Expr::cust("COALESCE(crm_event_consumers.position, 0)");
    let query = Query::select()
        .column((heads, "company_id"))
        .expr_as(place(), "place")
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
                .and(Expr::col((events, "position")).eq(place().add(1))),
        )
        .and_where(Expr::col((heads, "position")).gt(place()))
        .order_by_with_nulls((events, "occurred_at"), Order::Asc, NullOrdering::First)
        .order_by((heads, "company_id"), Order::Asc)
        .to_owned();
    let rows = db.query_all(&query).await?;
    let behind = rows.iter().map(|row| {
        let (company, position) = (row.try_get("", "company_id")?, row.try_get("", "place")?);
        Ok(Behind { company, position, since: row.try_get("", "occurred_at")? })
    });
    behind.collect()
}

pub(super) async fn after(
    db: &impl ConnectionTrait,
    company: Uuid,
    position: i64,
    limit: u64,
) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find()
        .filter(row::Column::CompanyId.eq(company))
        .filter(row::Column::Position.gt(position))
        .order_by_asc(row::Column::Position)
        .limit(limit)
        .all(db)
        .await?)
}
