//! The only access to the database: features hold a company, never a connection.
//!
//! A [`CompanyScope`] owns its connection privately. Its reads are filtered by company (`find`), and it lends one
//! [`CompanyTx`] at a time, whose writes are stamped with the company. Tenancy, permissions, trash, optimistic locking,
//! history, audit and events are implemented here once for all entities.

pub mod actor;
pub(crate) mod company;
mod crm;
pub(crate) mod erasure_guard;
pub(crate) mod event_position;
mod executor;
mod find;
pub(crate) mod from_row;
pub(crate) mod jobs;
pub(crate) mod language_model;
pub(crate) mod live;
mod lock_wait;
pub(crate) mod mail;
mod model_breaker;
pub(crate) mod notifications;
pub(crate) mod parameters;
mod prepare;
mod read_page;
mod record;
mod record_access;
pub(crate) mod refusals;
pub(crate) mod reindex;
mod slots;
mod snapshot;
pub(crate) mod timeline_source;
mod trace;
mod tx;
pub(crate) mod user;
pub(crate) mod visibility;
mod write;

pub use crm::{Crm, CrmBuilder};
pub use tx::{CompanyTx, begin_write};

pub(crate) use executor::Database;
pub(crate) use find::Find;
pub(crate) use from_row::{COMPANY, FromRow, RowReader, SelectList};
pub(crate) use read_page::{read_page, read_rows};
pub(crate) use record::{Change, Envelope, Record, change_record_of, envelope};
pub(crate) use slots::ConnectionSlot;
pub(crate) use trace::{Trace, Traced};
pub(crate) use write::{Trashable, is_live};

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use sea_orm::{ColumnTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, Select};

use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::base::rights::{Action, Reach, Resource};
use actor::Actor;
use company::Company;
use executor::{Executor, Pool};

/// An entity whose rows belong to exactly one company.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not belong to a company, so it cannot be read through a `CompanyScope`",
    note = "implement `CompanyOwned` for the entity (its table needs a `company_id` column)"
)]
pub(crate) trait CompanyOwned: EntityTrait {
    /// The first column of every condition.
    fn company_column() -> impl ColumnTrait;
    /// The remaining columns of the primary key.
    fn id_column() -> impl ColumnTrait;
    /// The version column that a write compares.
    fn version_column() -> impl ColumnTrait;
    /// A select of the entity without columns.
    fn without_columns() -> Select<Self>;
}

/// Implements [`CompanyOwned`] for the entity in a module, given its id and version columns.
macro_rules! company_owned {
    ($row:ident, $id:ident, $version:ident) => {
        impl $crate::scope::CompanyOwned for $row::Entity {
            fn company_column() -> impl sea_orm::ColumnTrait {
                $row::Column::CompanyId
            }

            fn id_column() -> impl sea_orm::ColumnTrait {
                $row::Column::$id
            }

            fn version_column() -> impl sea_orm::ColumnTrait {
                $row::Column::$version
            }

            fn without_columns() -> sea_orm::Select<Self> {
                use sea_orm::{EntityTrait, QuerySelect};
                static WITHOUT_COLUMNS: std::sync::LazyLock<sea_orm::Select<$row::Entity>> =
                    std::sync::LazyLock::new(|| $row::Entity::find().select_only());
                WITHOUT_COLUMNS.clone()
            }
        }
    };
}

pub(crate) use company_owned;

/// The CRM for one actor of one company. Made by [`Crm::on`] and [`Crm::within`].
#[derive(Debug)]
pub struct CompanyScope<'c> {
    pub(crate) crm: Crm,
    pub(crate) actor: Arc<Actor>,
    /// The actor with what they see by the company's record access, once that is known.
    resolved: OnceLock<Arc<Actor>>,
    executor: Executor<'c>,
    /// The trace of an idempotent call.
    pub(crate) trace: Option<Arc<Trace>>,
}

impl CompanyScope<'static> {
    pub(crate) fn on_pool(crm: &Crm, actor: Arc<Actor>, db: &DatabaseConnection) -> Self {
        let slots = crm.0.slots.of(actor.company, db);
        let executor = Executor::Pool(Pool { connection: db.clone(), slots });
        let actor = Actor::unresolved(actor);
        Self { crm: crm.clone(), actor, resolved: OnceLock::new(), executor, trace: None }
    }
}

impl<'c> CompanyScope<'c> {
    pub(crate) fn in_transaction(crm: &Crm, actor: Arc<Actor>, tx: &'c mut DatabaseTransaction) -> Self {
        let (actor, resolved) = (Actor::unresolved(actor), OnceLock::new());
        Self { crm: crm.clone(), actor, resolved, executor: Executor::Host(tx, Arc::default()), trace: None }
    }

    /// The company of the scope.
    #[must_use]
    pub fn company_id(&self) -> CompanyId {
        self.actor.company
    }

    /// The actor.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        self.resolved.get().unwrap_or(&self.actor)
    }

    /// The company, as mirrored by the CRM.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`] if it is suspended or deleted.
    pub(crate) async fn company(&self) -> Result<Arc<Company>> {
        let company = company::load(self).await?;
        company.ensure_open()?;
        self.resolve_access_in(&company).await?;
        Ok(company)
    }

    /// Rows of the company, by default without the trash.
    pub(crate) fn find<E: CompanyOwned>(&self) -> Find<'_, E> {
        Find::new(self.executor.database(), self.actor.company)
    }

    /// Statements without an entity: counts over sub-selects, search. They bind the company themselves.
    pub(crate) const fn database(&self) -> Database<'_> {
        self.executor.database()
    }

    /// Begins a transaction: on a pool a new one, in a host's transaction a savepoint. Dropping it rolls it back.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`] if the company is suspended or deleted; [`Error::Unavailable`] if the database is.
    pub async fn begin(&mut self) -> Result<CompanyTx<'_>> {
        CompanyTx::begin(self).await
    }

    /// Refuses a read without the required right, and audits the refusal.
    pub(crate) async fn authorize(&mut self, resource: Resource, action: Action) -> Result<()> {
        if self.actor.reach(resource, action).is_some() {
            return Ok(());
        }
        let refusal = Error::Forbidden { action, resource, id: None };
        match self.is_hosted() {
            true => self.write(async |_| Err(refusal)).await,
            false => Err(self.refuse(refusal).await),
        }
    }

    /// The reach of the actor's right; an error without this right.
    pub(crate) fn reach(&self, resource: Resource, action: Action) -> Result<Reach> {
        self.actor.reach(resource, action).ok_or(Error::Forbidden { action, resource, id: None })
    }

    /// Whether the database is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        use sea_orm::ConnectionTrait;
        self.database().get_database_backend() == sea_orm::DbBackend::Postgres
    }

    /// A connection slot, for code that uses the pool directly.
    pub(crate) async fn slot(&self) -> Result<Option<ConnectionSlot>> {
        match &self.executor {
            Executor::Pool(pool) => Ok(Some(pool.slots.take().await?)),
            Executor::Host(..) => Ok(None),
        }
    }

    /// Whether this is a transaction that has written the company itself.
    pub(crate) fn has_written_company(&self) -> bool {
        matches!(&self.executor, Executor::Host(_, written) if written.load(Ordering::Relaxed))
    }

    /// The pool, unless this is a host's transaction.
    pub(crate) const fn pool(&self) -> Option<&DatabaseConnection> {
        match &self.executor {
            Executor::Pool(pool) => Some(&pool.connection),
            Executor::Host(..) => None,
        }
    }

    pub(crate) const fn is_hosted(&self) -> bool {
        matches!(self.executor, Executor::Host(..))
    }
}
