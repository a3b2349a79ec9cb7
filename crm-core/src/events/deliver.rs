//! Delivers events to a consumer that several processes share.

use std::sync::PoisonError;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement};
use uuid::Uuid;

use super::consume::{MOST, advance, after};
use super::{Event, EventPosition, PendingCompany};
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
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

impl Crm {
    /// Delivers the unacknowledged events of `consumer` to `sink`, and acknowledges those that it accepts: one round
    /// over all companies, the longest waiting first, with up to `limit` events of each (at most 10,000) and their
    /// positions in its feed. Private events are left out.
    ///
    /// Any number of processes can share a consumer: one process at a time delivers a company's events, and the others
    /// continue with other companies. If `sink` refuses the events of one company, the other companies are not
    /// affected.
    ///
    /// Each event is delivered at least once, and a company's events in the order of its feed. A repeated event, for
    /// example after a process was killed, may come after later ones. A sink that must not process an event twice
    /// stores the event's `id`, or the last `version` of each record.
    ///
    /// On PostgreSQL `sink` runs inside a transaction, which holds a connection and the company's lock, so it should be
    /// fast. On SQLite nothing is locked: processes that share one file may deliver the same events; tasks that share a
    /// [`Crm`] do not.
    ///
    /// ```
    /// # use crm_core::Crm;
    /// # use crm_core::actor::Actor;
    /// # use crm_core::customers::NewCustomer;
    /// # use crm_core::ids::CompanyId;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anyhow::Result<()> {
    /// # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
    /// # migration::up(&db).await?;
    /// # let crm = Crm::default();
    /// # let mut scope = crm.on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
    /// # scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
    /// # let (queue, mut received) = tokio::sync::mpsc::channel(10);
    /// let delivered = crm
    ///     .deliver(&db, "mailer", 100, async |_company, events| {
    ///         for (_position, event) in events {
    ///             queue.send(event).await?;
    ///         }
    ///         anyhow::Ok(())
    ///     })
    ///     .await?;
    /// assert_eq!((delivered.events, delivered.refused.len(), delivered.has_more), (1, 0, false));
    /// # assert_eq!(received.try_recv()?.event_type, "crm.customer.created");
    /// # Ok(()) }
    /// ```
    ///
    /// [`EventNotifier::here`](super::EventNotifier::here) notifies when to start the next round, and a
    /// [`Consumer`](super::Consumer) makes rounds that do not check all companies. To stop at the first refusal,
    /// because its cause affects all companies, use [`Consumer::waiting`](super::Consumer::waiting) and
    /// [`Crm::deliver_to`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn deliver<E, F: Future<Output = Result<(), E>>>(
        &self,
        db: &DatabaseConnection,
        consumer: &str,
        limit: u64,
        sink: impl FnMut(CompanyId, Vec<(EventPosition, Event)>) -> F,
    ) -> Result<Delivered<E>, Error> {
        let waiting = self.waiting(db, consumer).await?;
        self.deliver_round(db, consumer, waiting, limit, sink).await
    }

    pub(super) async fn deliver_round<E, F: Future<Output = Result<(), E>>>(
        &self,
        db: &DatabaseConnection,
        consumer: &str,
        waiting: Vec<PendingCompany>,
        limit: u64,
        mut sink: impl FnMut(CompanyId, Vec<(EventPosition, Event)>) -> F,
    ) -> Result<Delivered<E>, Error> {
        let mut delivered = Delivered { events: 0, refused: Vec::new(), has_more: false };
        for PendingCompany { company, .. } in waiting {
            match self.deliver_to(db, consumer, company, limit, |events| sink(company, events)).await? {
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

    /// Delivers up to `limit` events of one company to `sink`, which is not called without events. It delivers at least
    /// the events that the last call of [`Consumer::waiting`](super::Consumer::waiting) found. Otherwise like
    /// [`Crm::deliver`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is. If it fails after `sink` has accepted the events, they are delivered
    /// again.
    pub async fn deliver_to<E, F: Future<Output = Result<(), E>>>(
        &self,
        db: &DatabaseConnection,
        consumer: &str,
        company: CompanyId,
        limit: u64,
        sink: impl FnOnce(Vec<(EventPosition, Event)>) -> F,
    ) -> Result<DeliveryOutcome<E>, Error> {
        if db.get_database_backend() != DbBackend::Postgres {
            return match Turn::take(self, consumer, company) {
                Some(_turn) => self.hand_over(db, consumer, company, limit, sink).await,
                None => Ok(DeliveryOutcome::LockedElsewhere),
            };
        }
        let tx = begin_write(db).await?;
        let handover = match try_lock(&tx, consumer, company).await? {
            true => self.hand_over(&tx, consumer, company, limit, sink).await?,
            false => DeliveryOutcome::LockedElsewhere,
        };
        tx.commit().await?;
        Ok(handover)
    }

    /// Reads, delivers and acknowledges. The caller holds the lock of the company.
    async fn hand_over<E, F: Future<Output = Result<(), E>>>(
        &self,
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
            Ok((EventPosition { company, position }, Event::read(row, &self.0.event_source)?))
        });
        let shared = shared.collect::<Result<Vec<_>>>()?;
        let events = shared.len();
        if events > 0
            && let Err(why) = sink(shared).await
        {
            return Ok(DeliveryOutcome::Refused(why));
        }
        advance(db, consumer, company.0, last, self.now()).await?;
        Ok(DeliveryOutcome::Taken { events, has_more })
    }
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
    let (high, low) = Uuid::new_v5(&company.0, consumer.as_bytes()).as_u64_pair();
    let key = i64::from_be_bytes((high ^ low).to_be_bytes());
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
