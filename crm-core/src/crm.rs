//! What a host asks of a [`Crm`]: scopes, companies, events, and what is to be done now and then.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::companies::Companies;
use crate::events::{
    self, Consumer, Delivered, DeliveryOutcome, Event, EventCursor, EventNotifier, EventPosition, Notification,
    PendingCompany, PendingEvents,
};
use crate::journal::idempotency;
use crate::reindex::{self, Reindexed};
use crate::scope::actor::Actor;
use crate::scope::{CompanyScope, Crm, CrmBuilder, notifications, refusals};

impl Crm {
    /// Starts to put a CRM together; everything has a default.
    #[must_use]
    pub fn builder() -> CrmBuilder {
        CrmBuilder::default()
    }

    /// The CRM as `actor` sees it, on a pool of connections. Every write is a transaction of its own.
    #[must_use]
    pub fn on(&self, actor: impl Into<Arc<Actor>>, db: &DatabaseConnection) -> CompanyScope<'static> {
        CompanyScope::on_pool(self, actor.into(), db)
    }

    /// The CRM as `actor` sees it, inside a transaction that the host owns. Every write is a savepoint: a failed one
    /// leaves the host's transaction usable, and what the host rolls back has never happened.
    ///
    /// On SQLite begin that transaction with [`begin_write`](crate::begin_write), so that it takes the write lock at
    /// once.
    #[must_use]
    pub fn within<'t>(&self, actor: impl Into<Arc<Actor>>, tx: &'t mut DatabaseTransaction) -> CompanyScope<'t> {
        CompanyScope::in_transaction(self, actor.into(), tx)
    }

    /// The companies, for the host: to suspend one, to let it in again, to delete it.
    ///
    /// ```
    /// # use crm_core::{Crm, Error, actor::Actor, ids::CompanyId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anyhow::Result<()> {
    /// # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
    /// # migration::up(&db).await?;
    /// # let (crm, company) = (Crm::default(), CompanyId(uuid::Uuid::from_u128(1)));
    /// # let actor = Actor::system(company);
    /// crm.companies(&db).suspend(company).await?;
    /// let refused = crm.on(actor, &db).customers().list(&Default::default(), &Default::default()).await;
    /// assert!(matches!(refused, Err(Error::CompanyClosed { .. })));
    /// crm.companies(&db).reactivate(company).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn companies<'d>(&self, db: &'d DatabaseConnection) -> Companies<'d> {
        Companies { crm: self.clone(), db }
    }

    /// Up to `limit` events (at most 10,000) of all companies that `consumer` has not acknowledged. A new consumer
    /// starts at the first event there is. Events that are private to a user are not among them.
    ///
    /// Reading changes nothing for the consumer: until [`Crm::acknowledge`] is called the same events come again, so
    /// each is delivered at least once. One consumer is one reader: two that share a name share a place.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn pending_events(&self, db: &DatabaseConnection, consumer: &str, limit: u64) -> Result<PendingEvents> {
        events::pending_events(self, db, consumer, limit).await
    }

    /// Tells that `consumer` has dealt with everything up to `cursor`. Going back is not possible, and repeating it is
    /// harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn acknowledge(&self, db: &DatabaseConnection, consumer: &str, cursor: &EventCursor) -> Result<()> {
        events::acknowledge(self, db, consumer, cursor).await
    }

    /// A consumer under this name. Any number of processes may have one: they share its place.
    #[must_use]
    pub fn consumer(&self, db: &DatabaseConnection, name: impl Into<String>) -> Consumer {
        Consumer::new(self.clone(), db.clone(), name.into())
    }

    /// The companies with events that `consumer` has not acknowledged, the one that waits longest first. Some of these
    /// events may be private. Looks at all companies; a [`Consumer`] does so now and then only.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn waiting(&self, db: &DatabaseConnection, consumer: &str) -> Result<Vec<PendingCompany>> {
        self.consumer(db, consumer).waiting().await
    }

    /// Hands what `consumer` has not acknowledged to `sink`, and acknowledges what it takes: one round over all
    /// companies, the one that waits longest first, up to `limit` events of each (at most 10,000) with their places in
    /// its feed. Events that are private to a user are not handed over.
    ///
    /// Any number of processes may share a consumer: each company's events are handed over by one of them at a time,
    /// and the others go on with other companies. Where `sink` refuses those of one company, the others still get
    /// theirs.
    ///
    /// Each event is delivered at least once, and those of a company in the order of its feed. An event that comes
    /// again, after a process was killed for instance, may come after later ones, so that a sink that must not do
    /// things twice remembers the event's `id`, or the last `version` of each record.
    ///
    /// On PostgreSQL `sink` runs inside of a transaction, which holds a connection and the company's lock: it should
    /// not take for ever. On SQLite nothing is locked meanwhile; there processes that share one file may each deliver
    /// the same events, tasks of one process that share a [`Crm`] do not.
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
    ///         for (_place, event) in events {
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
    /// [`EventNotifier::here`] tells when to begin the next round, and a [`Consumer`] makes
    /// rounds that do not look at all companies. To stop at the first refusal, because its cause is the same for all
    /// companies, go round with [`Consumer::waiting`] and [`Crm::deliver_to`].
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
        events::deliver_round(self, db, consumer, waiting, limit, sink).await
    }

    /// Hands up to `limit` events of one company to `sink`, which is not called if there are none. The events are those
    /// that the last call of [`Consumer::waiting`] knew of, or more. All else is as with [`Crm::deliver`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is. If it is so after `sink` has taken the events, they come again.
    pub async fn deliver_to<E, F: Future<Output = Result<(), E>>>(
        &self,
        db: &DatabaseConnection,
        consumer: &str,
        company: CompanyId,
        limit: u64,
        sink: impl FnOnce(Vec<(EventPosition, Event)>) -> F,
    ) -> Result<DeliveryOutcome<E>, Error> {
        events::deliver_to(self, db, consumer, company, limit, sink).await
    }

    /// From now on, what this process commits, and what it is told of.
    #[must_use]
    pub fn commits(&self) -> EventNotifier {
        EventNotifier::new(self)
    }

    /// Wakes [`EventNotifier`] and those who follow the company. They look for themselves: a wake-up without cause
    /// costs a look, and does no harm.
    pub fn wake(&self, why: Notification) {
        notifications::wake(self, why);
    }

    /// Writes into the audit trail how often actions were refused that were counted only, and gives the number of
    /// entries. When an action is refused to the same user again and again, five refusals a minute are written one by
    /// one, and how many more there were as one entry: with the next refusal in the company after that minute, or here.
    /// Call it every minute or so, and before the process ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; what was counted in the companies that were not reached is lost.
    pub async fn record_repeated_refusals(&self, db: &DatabaseConnection) -> Result<u64> {
        refusals::record_repeated(self, db).await
    }

    /// Removes the answers of all companies whose time is over, and tells how many. Nothing depends on it but disk
    /// space: call it now and then, an hour apart is plenty.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_expired_keys(&self, db: &DatabaseConnection) -> Result<u64> {
        Ok(db.execute(&idempotency::delete_all_expired(self.now())).await?.rows_affected())
    }

    /// Derives anew what is searched and compared of all records of all companies. To be called after a rollout that
    /// says so, when no older version writes any more; others may write meanwhile. It changes no version and tells no
    /// history: what people see stays as it is, but for e-mail addresses whose domain was stored in its encoded form.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; what was written before stays.
    pub async fn reindex(&self, db: &DatabaseConnection) -> Result<Reindexed> {
        reindex::all(self, db).await
    }
}
