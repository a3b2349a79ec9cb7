//! The public methods of [`Crm`]: scopes, companies, events, and regular maintenance.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

use crate::ai::SummarizeInteraction;
use crate::audit::{AuditChain, VerifyAudit};
use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, JobId};
use crate::calendar_feeds;
use crate::capture_forms::{self, OpenCaptureForm};
use crate::companies::Companies;
use crate::customers::{
    BulkCustomers, ImportCustomers, IndexCustomField, RenamePeople, RevertImport, ScanDuplicates,
    delete_expired_bulk_actions, delete_expired_imports, delete_expired_merges,
};
use crate::deals::MarkRottenDeals;
use crate::events::{
    self, Consumer, Delivered, DeliveryOutcome, Event, EventCursor, EventNotifier, EventPosition, Notification,
    PendingCompany, PendingEvents,
};
use crate::jobs::{self, JobOptions, JobOutcome, Recount};
use crate::journal::idempotency;
use crate::lead_scoring::ScoreLeads;
use crate::leads::LeadResponses;
use crate::notifications::{
    Digests, NotificationMails, SendDigest, SendNotifications, SendReminder, delete_old as delete_old_notifications,
};
use crate::reindex::{self, Reindexed};
use crate::scope::actor::Actor;
use crate::scope::{CompanyScope, Crm, CrmBuilder, notifications, refusals};
use crate::stats::recount;
use crate::tasks::TaskAlarm;
use crate::users::UsersDirectory;

impl Crm {
    /// Builds a CRM; all options have defaults. It has a handler for the kinds of jobs of the CRM itself.
    #[must_use]
    pub fn builder() -> CrmBuilder {
        let builder = CrmBuilder::default().job_handler(BulkCustomers).job_handler(ImportCustomers);
        let builder = builder.job_handler(RevertImport);
        let builder = builder.job_handler(Recount).job_handler(RenamePeople).job_handler(ScanDuplicates);
        let builder = builder.job_handler(IndexCustomField).job_handler(MarkRottenDeals);
        let builder = builder.job_handler(ScoreLeads).job_handler(VerifyAudit);
        let builder = builder.job_handler(SummarizeInteraction);
        let builder = builder.job_handler(SendNotifications).job_handler(SendReminder).job_handler(SendDigest);
        builder.alarm(TaskAlarm).alarm(LeadResponses).alarm(NotificationMails).alarm(Digests)
    }

    /// The CRM for `actor`, on a pool of connections. Every write is a transaction.
    #[must_use]
    pub fn on(&self, actor: impl Into<Arc<Actor>>, db: &DatabaseConnection) -> CompanyScope<'static> {
        CompanyScope::on_pool(self, actor.into(), db)
    }

    /// The CRM for `actor`, inside a transaction of the host. Every write is a savepoint: after a failed write the
    /// transaction is still usable, and a rollback of the host undoes the writes.
    ///
    /// On SQLite begin that transaction with [`begin_write`](crate::begin_write), so that it takes the write lock at
    /// once.
    #[must_use]
    pub fn within<'t>(&self, actor: impl Into<Arc<Actor>>, tx: &'t mut DatabaseTransaction) -> CompanyScope<'t> {
        CompanyScope::in_transaction(self, actor.into(), tx)
    }

    /// The companies, for the host: to suspend, reactivate or delete one.
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

    /// The mirror of users, for a host that follows a directory of users.
    ///
    /// ```
    /// # use crm_core::{Crm, actor::Actor, ids::{CompanyId, UserId}, users::UserProfile};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anyhow::Result<()> {
    /// # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
    /// # migration::up(&db).await?;
    /// # let (crm, company) = (Crm::default(), CompanyId(uuid::Uuid::from_u128(1)));
    /// let id = UserId(uuid::Uuid::from_u128(2));
    /// let ann = UserProfile { id, display_name: Some("Ann Lee".to_owned()), email: None, is_active: true };
    /// crm.users_directory(&db).mirror(company, &[ann]).await?;
    /// let known = crm.on(Actor::system(company), &db).users().get(id).await?;
    /// assert_eq!(known.display_name.as_deref(), Some("Ann Lee"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn users_directory<'d>(&self, db: &'d DatabaseConnection) -> UsersDirectory<'d> {
        UsersDirectory { crm: self.clone(), db }
    }

    /// The calendar of an address with this secret, as iCalendar; nothing if there is no such address, or if it has
    /// ended. See [`calendar_feeds`](crate::calendar_feeds).
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    #[tracing::instrument(name = "calendar_feed.read", skip_all)]
    pub async fn calendar_file(&self, db: &DatabaseConnection, secret: &str) -> Result<Option<String>> {
        calendar_feeds::read(self, db, secret).await
    }

    /// The capture form with this key, if it takes submissions; `request_id` is stored with what it writes. See
    /// [`capture_forms`](crate::capture_forms).
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn capture_form(
        &self,
        db: &DatabaseConnection,
        key: &str,
        request_id: &str,
    ) -> Result<Option<OpenCaptureForm>> {
        capture_forms::open(self, db, key, request_id).await
    }

    /// The public address of the pages, without a slash at its end, if it is set.
    #[must_use]
    pub fn public_url(&self) -> Option<&str> {
        self.0.public_url.as_deref()
    }

    /// Up to `limit` events (at most 10,000) of all companies that `consumer` has not acknowledged. A new consumer
    /// starts at the first event. Private events are left out.
    ///
    /// Reading does not change the consumer: until [`Crm::acknowledge`] is called the same events are returned, so each
    /// is delivered at least once. Consumers with the same name share their progress.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn pending_events(&self, db: &DatabaseConnection, consumer: &str, limit: u64) -> Result<PendingEvents> {
        events::pending_events(self, db, consumer, limit).await
    }

    /// Acknowledges that `consumer` has processed everything up to `cursor`. The progress never goes back, and repeated
    /// calls are harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn acknowledge(&self, db: &DatabaseConnection, consumer: &str, cursor: &EventCursor) -> Result<()> {
        events::acknowledge(self, db, consumer, cursor).await
    }

    /// A consumer with this name. Any number of processes may have one: they share its progress.
    #[must_use]
    pub fn consumer(&self, db: &DatabaseConnection, name: impl Into<String>) -> Consumer {
        Consumer::new(self.clone(), db.clone(), name.into())
    }

    /// The companies with unacknowledged events of `consumer`, the longest waiting first. Some of these events may be
    /// private. Checks all companies; a [`Consumer`] does so only once in a while.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn waiting(&self, db: &DatabaseConnection, consumer: &str) -> Result<Vec<PendingCompany>> {
        self.consumer(db, consumer).waiting().await
    }

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
    /// [`EventNotifier::here`] notifies when to start the next round, and a
    /// [`Consumer`] makes rounds that do not check all companies. To stop at the first refusal,
    /// because its cause affects all companies, use [`Consumer::waiting`] and
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
        events::deliver_round(self, db, consumer, waiting, limit, sink).await
    }

    /// Delivers up to `limit` events of one company to `sink`, which is not called without events. It delivers at least
    /// the events that the last call of [`Consumer::waiting`] found. Otherwise like
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
        events::deliver_to(self, db, consumer, company, limit, sink).await
    }

    /// Subscribes to commits of this process, and to [`Notification::Committed`].
    #[must_use]
    pub fn commits(&self) -> EventNotifier {
        EventNotifier::new(self)
    }

    /// Wakes each [`EventNotifier`] and the followers of the company. They read the database themselves, so a spurious
    /// call only costs a read.
    pub fn wake(&self, why: Notification) {
        notifications::wake(self, why);
    }

    /// Writes the refusals that were only counted to the audit trail, and returns the number of entries. Of repeated
    /// refusals of the same action five a minute are written, and the number of the others as one entry: at the next
    /// refusal in the company after that minute, or here. Call it every minute, and before the process ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; the counts of companies that were not written are lost.
    pub async fn record_repeated_refusals(&self, db: &DatabaseConnection) -> Result<u64> {
        refusals::record_repeated(self, db).await
    }

    /// The chains of hashes that seal the audit trails. [Seal](AuditChain::seal_all) about once a minute.
    #[must_use]
    pub fn audit_chain<'d>(&self, db: &'d DatabaseConnection) -> AuditChain<'d> {
        AuditChain::new(self.clone(), db)
    }

    /// Runs jobs until `stop`, several at once, and gives back those that have not ended some seconds later. Any number
    /// of processes can do so: they share the work. While the database is away, it waits.
    ///
    /// If it is dropped, its jobs are run again when their leases have ended.
    pub async fn run_jobs(&self, db: &DatabaseConnection, options: &JobOptions, stop: impl Future<Output = ()>) {
        jobs::run_jobs(self, db, options, stop).await;
    }

    /// Runs all jobs that are due, and those that become due meanwhile; returns the number of attempts. For hosts with a
    /// clock of their own, and for tests.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn run_due_jobs(&self, db: &DatabaseConnection, options: &JobOptions) -> Result<u64> {
        jobs::run_due_jobs(self, db, options).await
    }

    /// Runs one job, for hosts with a [`JobQueue`](crate::jobs::JobQueue); `None` if it may not run now: it has ended or
    /// is not due, another worker has it, another job of its record comes first, or this process has no handler for it.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`]; [`Error::Unavailable`] if the database is.
    pub async fn run_job(
        &self,
        db: &DatabaseConnection,
        company: CompanyId,
        id: JobId,
        options: &JobOptions,
    ) -> Result<Option<JobOutcome>> {
        jobs::run_job(self, db, (company, id), options).await
    }

    /// Removes old jobs of all companies, and returns their number. Call it about once an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_old_jobs(&self, db: &DatabaseConnection) -> Result<u64> {
        jobs::delete_expired(db, self.now()).await
    }

    /// Removes old bulk actions of all companies, which cannot be undone any more, and returns their number. Call it about
    /// once an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_old_bulk_actions(&self, db: &DatabaseConnection) -> Result<u64> {
        delete_expired_bulk_actions(db, self.now()).await
    }

    /// Removes the files of all companies that were stored for imports more than a day ago, and returns their number.
    /// Call it about once an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_old_imports(&self, db: &DatabaseConnection) -> Result<u64> {
        delete_expired_imports(db, self.now()).await
    }

    /// Removes what is kept of merged customers of all companies, when the merges cannot be undone any more, and returns the
    /// number of merges. Their ids still lead to the survivors. Call it about once an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_old_merges(&self, db: &DatabaseConnection) -> Result<u64> {
        delete_expired_merges(db, self.now()).await
    }

    /// Removes the notifications that users of all companies have beyond their last 500, and returns their number. Call
    /// it about once an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_old_notifications(&self, db: &DatabaseConnection) -> Result<u64> {
        delete_old_notifications(db).await
    }

    /// Removes expired answers of all companies, and returns their number. It only frees disk space: call it about once
    /// an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn delete_expired_keys(&self, db: &DatabaseConnection) -> Result<u64> {
        Ok(db.execute(&idempotency::delete_all_expired(self.now())).await?.rows_affected())
    }

    /// Recomputes the stored statistics of each customer of all companies: the numbers of notes and interactions, and
    /// the first, last and next contact. Call it after a rollout during which an older version wrote; otherwise the
    /// statistics are correct. Concurrent writes are safe. Returns the number of customers.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is; finished batches stay committed.
    pub async fn recount_stats(&self, db: &DatabaseConnection) -> Result<u64> {
        recount::all(self, db).await
    }

    /// Recomputes the search texts and keys of all records of all companies. Call it after a rollout whose release
    /// notes require it, when no older version writes any more; concurrent writes are safe. It changes no version and
    /// records no history: visible values stay the same, except e-mail addresses whose domain was stored in encoded
    /// form.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is; finished batches stay committed.
    pub async fn reindex(&self, db: &DatabaseConnection) -> Result<Reindexed> {
        reindex::all(self, db).await
    }
}
