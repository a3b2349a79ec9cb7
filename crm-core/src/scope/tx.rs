//! Writes that are stamped with the company, checked against the version, and recorded.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityName, EntityTrait, QueryFilter,
    SqliteTransactionMode, Statement, StatementBuilder, TransactionOptions, TransactionTrait, Value,
};
use uuid::Uuid;

use super::actor::Actor;
use super::company::Company;
use super::executor::{Database, Executor};
use super::notifications::{self, Notification};
use super::prepare::{CompanyCheck, prepare};
use super::record::{Change, Record, change_record_of};
use super::refusals;
use super::slots::TransactionSlot;
use super::snapshot::{changed_columns, content, difference, snapshot};
use super::trace::{Trace, Traced};
use super::{CompanyOwned, CompanyScope, Crm, Find};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, ActorRef, Resource};
use crate::journal::customer_stats::CustomerStatsUpdates;
use crate::journal::{self, ChangeRecord, Deferred, FieldChange, Recorder};

/// A transaction of one company: one of its own on a pool, a savepoint in a host's transaction.
///
/// What is written through [`CompanyTx::scope`] happens together or not at all:
///
/// ```
/// # async fn example(scope: &mut crm_core::CompanyScope<'_>) -> crm_core::Result<()> {
/// use crm_core::customers::NewCustomer;
///
/// let mut tx = scope.begin().await?;
/// tx.scope().customers().create(NewCustomer::person("Ann", "Lee")).await?;
/// tx.scope().customers().create(NewCustomer::organization("Lee & Co")).await?;
/// tx.commit().await
/// # }
/// ```
#[must_use = "a transaction that is not committed is rolled back"]
pub struct CompanyTx<'s> {
    crm: Crm,
    actor: Arc<Actor>,
    pub(crate) company: Arc<Company>,
    pub(super) tx: Arc<DatabaseTransaction>,
    slot: TransactionSlot,
    outer: Database<'s>,
    pub(crate) trace: Option<Arc<Trace>>,
    /// Inside a call that may be repeated, which records a refusal itself.
    is_part: bool,
    /// Whether the company itself was written, here or in the transaction around this one.
    company_written: Arc<AtomicBool>,
    pub(super) entries: Vec<ChangeRecord>,
    deferred: Vec<Deferred>,
    stats_updates: CustomerStatsUpdates,
    now: DateTime<Utc>,
    /// What writes here, where that is not a user at their desk.
    pub(crate) origin: Option<&'static str>,
    _exclusive: Exclusive<'s>,
}

impl fmt::Debug for CompanyTx<'_> {
    /// Says whose it is, and nothing of what is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompanyTx").field("actor", &self.actor).field("now", &self.now).finish_non_exhaustive()
    }
}

/// Its empty `Drop` keeps the scope borrowed as long as the transaction lives. Overlapping savepoints share a stack, so
/// that one's rollback takes the other's committed rows with it: they must not compile.
struct Exclusive<'s>(PhantomData<&'s mut ()>);

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {}
}

/// Begins a transaction that will write. On SQLite it takes the write lock at once: a deferred one that reads first
/// fails with "database is locked" when another writer was quicker.
///
/// # Errors
/// What the database says.
pub async fn begin_write(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_options(immediate()).await
}

pub(super) async fn begin_on(db: Database<'_>) -> Result<DatabaseTransaction, DbErr> {
    match db {
        Database::Pool(pool) => begin_write(&pool.connection).await,
        Database::Transaction(transaction) => transaction.begin_with_options(immediate()).await,
    }
}

fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// Takes the transaction out of its last reference.
fn alone(tx: Arc<DatabaseTransaction>) -> Result<DatabaseTransaction> {
    Arc::into_inner(tx).ok_or_else(|| Error::internal("the transaction is still in use"))
}

impl<'s> CompanyTx<'s> {
    pub(super) async fn begin(scope: &'s mut CompanyScope<'_>) -> Result<Self> {
        Self::begin_checked(scope, Company::ensure_open).await
    }

    /// In a closed company too: for the host that opens it again.
    pub(crate) async fn begin_unchecked(scope: &'s mut CompanyScope<'_>) -> Result<Self> {
        Self::begin_checked(scope, |_| Ok(())).await
    }

    async fn begin_checked(scope: &'s mut CompanyScope<'_>, check: CompanyCheck) -> Result<Self> {
        let outer = scope.executor.database();
        let (tx, slot, company, actor) = match outer {
            Database::Transaction(_) => {
                // In the savepoint: whatever fails must not break the host's transaction.
                let tx = begin_on(outer).await?;
                match prepare(scope, Database::Transaction(&tx), check).await {
                    Ok((company, actor)) => (Arc::new(tx), TransactionSlot::none(), company, actor),
                    Err(error) => {
                        tx.rollback().await?;
                        return Err(error);
                    }
                }
            }
            Database::Pool(pool) => {
                // Before the transaction, and committed at once: others need not wait for ours to end.
                let (company, actor) = prepare(scope, outer, check).await?;
                let slot = pool.slots.take().await?;
                let tx = Arc::new(begin_on(outer).await?);
                let slot = TransactionSlot::new(slot, &tx);
                (tx, slot, company, actor)
            }
        };
        let company_written = match &scope.executor {
            Executor::Host(_, written) => written.clone(),
            Executor::Pool(_) => Arc::default(),
        };
        let now = scope.crm.now();
        Ok(Self {
            company_written,
            crm: scope.crm.clone(),
            actor,
            company,
            tx,
            slot,
            outer,
            trace: scope.trace.clone(),
            is_part: scope.trace.is_some(),
            entries: Vec::new(),
            deferred: Vec::new(),
            stats_updates: CustomerStatsUpdates::default(),
            now,
            origin: None,
            _exclusive: Exclusive(PhantomData),
        })
    }

    /// The CRM inside this transaction: each write is a savepoint.
    pub fn scope(&mut self) -> CompanyScope<'_> {
        let (crm, actor, trace) = (self.crm.clone(), self.actor.clone(), self.trace.clone());
        let executor = Executor::Host(&self.tx, self.company_written.clone());
        CompanyScope { crm, actor, resolved: OnceLock::new(), executor, trace }
    }

    /// Makes it happen.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a rule that only the whole can break; [`Error::Unavailable`] if the database is.
    pub async fn commit(mut self) -> Result<()> {
        let (entries, mut deferred) = (std::mem::take(&mut self.entries), std::mem::take(&mut self.deferred));
        deferred.extend(std::mem::take(&mut self.stats_updates).statements(self.actor.company)?);
        let is_last = !self.is_hosted();
        let tells = !entries.is_empty() && is_last;
        let written = journal::write(&self.tx, &self.crm.recorder(&self.actor), entries, deferred).await;
        let Self { crm, actor, tx, slot, company_written, .. } = self;
        let _slot = slot.into_slot();
        let tx = alone(tx)?;
        if let Err(error) = written {
            tx.rollback().await?;
            return Err(error);
        }
        tx.commit().await?;
        if is_last && company_written.load(Ordering::Relaxed) {
            crm.0.companies.invalidate(actor.company).await;
        }
        if tells {
            notifications::wake(&crm, Notification::Committed(actor.company));
        }
        Ok(())
    }

    /// Commits what went well; rolls back what did not, and then records a refusal.
    pub(super) async fn finish<T>(self, outcome: Result<T>) -> Result<T> {
        let error = match outcome {
            Ok(value) => return self.commit().await.map(|()| value),
            Err(error) => error,
        };
        let Self { crm, actor, tx, slot, outer, is_part, .. } = self;
        let _slot = slot.into_slot();
        alone(tx)?.rollback().await?;
        if !is_part {
            refusals::record(outer, &crm, &actor, &error).await?;
        }
        Err(error)
    }

    /// What this transaction's writes are recorded with.
    pub(crate) fn recorder(&self) -> Recorder<'_> {
        self.crm.recorder(&self.actor)
    }

    /// Refuses unless the actor may do `action` with record `id`, which `owner` owns.
    pub(crate) fn authorize(
        &self,
        resource: Resource,
        action: Action,
        owner: Option<UserId>,
        id: Option<Uuid>,
    ) -> Result<()> {
        if !self.actor.may(resource, action, owner) {
            return Err(Error::Forbidden { action, resource, id });
        }
        if let Some(trace) = &self.trace {
            trace.used(resource, action, owner);
        }
        Ok(())
    }

    /// Refuses an actor who may not do `action` with any record, before they learn whether this one exists.
    pub(crate) fn authorize_any(&self, resource: Resource, action: Action, id: Uuid) -> Result<()> {
        match self.actor.reach(resource, action) {
            Some(_) => {
                if let Some(trace) = &self.trace {
                    trace.used(resource, action, None);
                }
                Ok(())
            }
            None => Err(Error::Forbidden { action, resource, id: Some(id) }),
        }
    }

    /// What was used and touched here so far.
    pub(crate) fn traced(&self) -> Traced {
        self.trace.as_ref().map(|trace| trace.get()).unwrap_or_default()
    }

    /// Remembers that what is done here is about a record.
    pub(crate) fn touch(&self, kind: Kind, id: Uuid) {
        if let Some(trace) = &self.trace {
            trace.touched(kind, id);
        }
    }

    /// To be called with a write of the company itself.
    pub(crate) fn company_written(&self) {
        self.company_written.store(true, Ordering::Relaxed);
    }

    /// True on PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        self.tx.get_database_backend() == sea_orm::DbBackend::Postgres
    }

    /// True in a host's transaction, and in another one of ours.
    pub(crate) const fn is_hosted(&self) -> bool {
        matches!(self.outer, Database::Transaction(_))
    }

    /// When this transaction began; everything in it carries this time.
    pub(crate) const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// A new id.
    pub(crate) fn id(&self) -> Uuid {
        self.crm.id(self.now)
    }

    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    pub(crate) const fn crm(&self) -> &Crm {
        &self.crm
    }

    /// Rows of the company, as this transaction sees them.
    pub(crate) fn find<E: CompanyOwned>(&self) -> Find<'_, E> {
        Find::new(Database::Transaction(&self.tx), self.actor.company)
    }

    /// A statement on rows that hang on a record; it binds the company itself. Gives the number of rows.
    pub(crate) async fn execute(&mut self, statement: &impl StatementBuilder) -> Result<u64> {
        Ok(self.tx.execute(statement).await?.rows_affected())
    }

    /// Statements like those that are deferred, one after the other now.
    pub(crate) async fn execute_all(&mut self, statements: impl IntoIterator<Item = Deferred>) -> Result<()> {
        for statement in statements {
            statement.execute(&self.tx).await?;
        }
        Ok(())
    }

    /// Statements on rows that hang on a record, to be sent with its history when the transaction ends. They come in turn or
    /// all at once, so none may depend on what another one writes.
    pub(crate) fn defer(&mut self, statements: impl IntoIterator<Item = Deferred>) {
        self.deferred.extend(statements);
    }

    /// A query that no entity stands for; it binds the company itself.
    pub(crate) async fn query(&mut self, statement: &impl StatementBuilder) -> Result<Vec<sea_orm::QueryResult>> {
        Ok(self.tx.query_all(statement).await?)
    }

    /// A query that is written by hand; it binds the company itself.
    pub(crate) async fn query_sql(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<sea_orm::QueryResult>> {
        let statement = Statement::from_sql_and_values(self.tx.get_database_backend(), sql, values);
        Ok(self.tx.query_all_raw(statement).await?)
    }

    /// Adds a record that was stamped with [`CompanyTx::stamp_new`].
    pub(crate) async fn insert<R: Record>(&mut self, record: &R) -> Result<()> {
        self.insert_all(std::slice::from_ref(record)).await
    }

    /// Adds many records in one statement.
    pub(crate) async fn insert_all<R: Record>(&mut self, records: &[R]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let rows = records.iter().map(|record| record.row(&self.company)).collect::<Result<Vec<_>>>()?;
        R::Entity::insert_many(rows).exec_without_returning(&*self.tx).await?;
        for record in records {
            self.record(record, Change::Created, content(record)?);
            self.count(None, record);
        }
        Ok(())
    }

    /// Stamps a record that is about to be inserted.
    pub(crate) fn stamp_new<R: Record>(&self, record: &mut R) {
        record.stamp(1, self.now, ActorRef::from(&*self.actor));
    }

    /// Writes what differs between `before` and `after`, if anything does, and stamps `after`.
    /// Gives false if nothing differs, and then nothing is written.
    pub(crate) async fn update<R: Record>(&mut self, before: &R, after: &mut R, change: Change) -> Result<bool> {
        let changes = difference(&snapshot(before)?, &snapshot(after)?);
        if changes.is_empty() && change == Change::Updated {
            return Ok(false);
        }
        let at = self.after(before);
        after.stamp(before.version() + 1, at, ActorRef::from(&*self.actor));
        let row = changed_columns::<R>(before.row(&self.company)?, after.row(&self.company)?);
        let updated = R::Entity::update_many()
            .set(row)
            .filter(R::Entity::company_column().eq(self.actor.company.0))
            .filter(R::Entity::id_column().eq(before.id()))
            .filter(R::Entity::version_column().eq(before.version()))
            .exec(&*self.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(self.stale(before).await?);
        }
        self.record_update(before, after, change, changes)?;
        self.count(Some(before), after);
        Ok(true)
    }

    /// Removes a record for good when the transaction ends; what hangs on it goes by the foreign keys.
    pub(crate) fn purge<R: Record>(&mut self, record: &R) {
        self.remove(record, Change::Purged);
    }

    /// Deletes a record of a kind that has no trash.
    pub(crate) fn delete<R: Record>(&mut self, record: &R) {
        self.remove(record, Change::Deleted);
    }

    fn remove<R: Record>(&mut self, record: &R, change: Change) {
        self.remove_as(record, change_record_of(record, change.as_str(), self.after(record), Vec::new()));
    }

    /// Removes a record for good, and records that in the caller's words.
    pub(crate) fn remove_as<R: Record>(&mut self, record: &R, entry: ChangeRecord) {
        let delete = Query::delete()
            .from_table(R::Entity::default().table_ref())
            .and_where(R::Entity::company_column().eq(self.actor.company.0))
            .and_where(R::Entity::id_column().eq(record.id()))
            .to_owned();
        self.defer([Deferred::Delete(delete)]);
        if let Some(trace) = &self.trace {
            trace.removed(R::KIND, record.id());
        }
        self.entries.push(entry);
    }

    /// Records that a statement of the caller's own has added this record.
    pub(crate) fn record_created<R: Record>(&mut self, record: &R) -> Result<()> {
        self.record(record, Change::Created, content(record)?);
        Ok(())
    }

    /// Now, but later than the record's last write: the clock of another instance may have been ahead, and a record's
    /// times never go back, so that its events keep their order.
    pub(crate) fn after<R: Record>(&self, record: &R) -> DateTime<Utc> {
        self.now.max(record.updated_at() + chrono::TimeDelta::microseconds(1))
    }

    /// Changes the statistics of the record's customer.
    fn count<R: Record>(&mut self, before: Option<&R>, after: &R) {
        if let Some(customer) = after.customer() {
            self.stats_updates.add(customer, before.map(Record::stats_delta).unwrap_or_default(), after.stats_delta());
        }
    }

    fn record_update<R: Record>(
        &mut self,
        before: &R,
        after: &R,
        change: Change,
        changes: Vec<FieldChange>,
    ) -> Result<()> {
        match (before.private_to(), after.private_to()) {
            // To the others it is new, and what it was before is none of their business.
            (Some(_), None) => self.record(after, Change::Created, content(after)?),
            (None, Some(_)) => {
                self.record(after, change, changes);
                // To the others it is gone.
                self.record(after, Change::Deleted, Vec::new());
                if let Some(entry) = self.entries.last_mut() {
                    entry.private_to = None;
                }
            }
            _ => self.record(after, change, changes),
        }
        Ok(())
    }

    fn record<R: Record>(&mut self, record: &R, change: Change, changes: Vec<FieldChange>) {
        let at = if change == Change::Purged { self.after(record) } else { record.updated_at() };
        let entry = change_record_of(record, change.as_str(), at, changes);
        self.touch(R::KIND, record.id());
        self.entries.push(ChangeRecord { origin: self.origin, ..entry });
    }

    /// Refuses a write that was based on another version.
    pub(crate) fn expect_version<R: Record>(record: &R, expected: Option<i64>) -> Result<()> {
        match expected {
            Some(expected) if expected != record.version() => {
                Err(Error::Stale { kind: R::KIND, id: record.id(), current: record.version() })
            }
            _ => Ok(()),
        }
    }

    /// Another transaction wrote between our read and our write.
    async fn stale<R: Record>(&self, before: &R) -> Result<Error> {
        let exists = self.find::<R::Entity>().by_id(before.id()).count(Some(1)).await?;
        Ok(match exists {
            0 => Error::not_found(R::KIND, before.id()),
            _ => Error::Stale { kind: R::KIND, id: before.id(), current: before.version() + 1 },
        })
    }
}
