//! Delivers events to a consumer that several processes share.

use std::sync::PoisonError;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement};
use uuid::Uuid;

use super::consume::{MOST, advance, after};
use super::{Event, EventPosition, PendingCompany};
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::query::dialect::lock_key;
use crate::scope::{Crm, begin_write};

/// The outcome of a delivery of one company's events.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome<E> {
    /// The events were accepted and acknowledged.
    Taken {
        /// The number of events. Zero if all of them are private, or if another process was faster.
        events: usize,
        /// Whether there may be more events.
        has_more: bool,
    },
    /// Another process is delivering the company's events at this moment.
    LockedElsewhere,
    /// The sink refused the events for this reason; they are delivered again.
    Refused(E),
}

/// The outcome of one round of deliveries.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered<E> {
    /// The number of accepted events.
    pub events: usize,
    /// The companies whose events were refused, with the reason. They are delivered again.
    pub refused: Vec<(CompanyId, E)>,
    /// Whether there may be more events for another round.
    pub has_more: bool,
}

/// Delivers to `sink` the events of these companies, in one round.
pub(crate) async fn deliver_round<E, F: Future<Output = Result<(), E>>>(
    crm: &Crm,
    db: &DatabaseConnection,
    consumer: &str,
    waiting: Vec<PendingCompany>,
    limit: u64,
    mut sink: impl FnMut(CompanyId, Vec<(EventPosition, Event)>) -> F,
) -> Result<Delivered<E>, Error> {
    let mut delivered = Delivered { events: 0, refused: Vec::new(), has_more: false };
    for PendingCompany { company, .. } in waiting {
        match deliver_to(crm, db, consumer, company, limit, |events| sink(company, events)).await? {
            DeliveryOutcome::Taken { events, has_more } => {
                delivered.events += events;
                delivered.has_more |= has_more;
            }
            DeliveryOutcome::LockedElsewhere => {}
            DeliveryOutcome::Refused(why) => delivered.refused.push((company, why)),
        }
    }
    Ok(delivered)
}

/// Delivers to `sink` the events of one company.
pub(crate) async fn deliver_to<E, F: Future<Output = Result<(), E>>>(
    crm: &Crm,
    db: &DatabaseConnection,
    consumer: &str,
    company: CompanyId,
    limit: u64,
    sink: impl FnOnce(Vec<(EventPosition, Event)>) -> F,
) -> Result<DeliveryOutcome<E>, Error> {
    if db.get_database_backend() != DbBackend::Postgres {
        return match Turn::take(crm, consumer, company) {
            Some(_turn) => hand_over(crm, db, consumer, company, limit, sink).await,
            None => Ok(DeliveryOutcome::LockedElsewhere),
        };
    }
    let tx = begin_write(db).await?;
    let handover = match try_lock(&tx, consumer, company).await? {
        true => hand_over(crm, &tx, consumer, company, limit, sink).await?,
        false => DeliveryOutcome::LockedElsewhere,
    };
    tx.commit().await?;
    Ok(handover)
}

/// Reads, delivers and acknowledges. The caller holds the lock of the company.
async fn hand_over<E, F: Future<Output = Result<(), E>>>(
    crm: &Crm,
    db: &impl ConnectionTrait,
    consumer: &str,
    company: CompanyId,
    limit: u64,
    sink: impl FnOnce(Vec<(EventPosition, Event)>) -> F,
) -> Result<DeliveryOutcome<E>, Error> {
    let limit = limit.clamp(1, MOST);
    let position = position(db, consumer, company.0).await?;
    let rows = after(db, company.0, position, limit).await?;
    let has_more = rows.len() as u64 == limit;
    let Some(last) = rows.last().and_then(|row| row.position) else {
        return Ok(DeliveryOutcome::Taken { events: 0, has_more });
    };
    let shared = rows.into_iter().filter(|row| row.private_to.is_none()).map(|row| {
        let position = row.position.unwrap_or_default();
        Ok((EventPosition { company, position }, Event::read(row, &crm.0.event_source)?))
    });
    let shared = shared.collect::<Result<Vec<_>>>()?;
    let events = shared.len();
    if events > 0
        && let Err(why) = sink(shared).await
    {
        return Ok(DeliveryOutcome::Refused(why));
    }
    advance(db, consumer, company.0, last, crm.now()).await?;
    Ok(DeliveryOutcome::Taken { events, has_more })
}

async fn position(db: &impl ConnectionTrait, consumer: &str, company: Uuid) -> Result<i64> {
    let query = Query::select()
        .column("position")
        .from("crm_event_consumers")
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("consumer").eq(consumer))
        .to_owned();
    Ok(db.query_one(&query).await?.map(|row| row.try_get("", "position")).transpose()?.unwrap_or_default())
}

/// One process at a time delivers a company's events to a consumer; a second one does not wait.
async fn try_lock(tx: &DatabaseTransaction, consumer: &str, company: CompanyId) -> Result<bool> {
    let key = lock_key(Uuid::new_v5(&company.0, consumer.as_bytes()));
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    let row = tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [key.into()])).await?;
    let row = row.ok_or_else(|| Error::internal("a lock is taken or not"))?;
    Ok(row.try_get_by_index(0)?)
}

/// The lock between the tasks of one process, without a lock in the database.
struct Turn<'c> {
    crm: &'c Crm,
    key: (CompanyId, String),
}

impl<'c> Turn<'c> {
    fn take(crm: &'c Crm, consumer: &str, company: CompanyId) -> Option<Self> {
        let key = (company, consumer.to_owned());
        let mut taken = crm.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert(key.clone()).then(|| Self { crm, key })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.crm.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
