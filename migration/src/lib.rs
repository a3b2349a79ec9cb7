//! The CRM's tables.
//!
//! Run them with [`up`] (or the `migration` binary, or `crm-http migrate up`) next to other tables in the database:
//! every table starts with `crm_`, and the bookkeeping has its own table, `crm_migrations`, so that a host's migrations
//! are not affected.
//!
//! ```no_run
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! let db = sea_orm_migration::sea_orm::Database::connect("sqlite://erp.db?mode=rwc").await?;
//! migration::up(&db).await?;
//! # Ok(()) }
//! ```
//!
//! Several processes may start at once: on PostgreSQL they wait for an advisory lock, on SQLite for the write lock.
//! `fresh` is deliberately not available, because it drops a host's tables too.

#![expect(elided_lifetimes_in_paths, reason = "`MigrationTrait` is declared that way")]

mod columns;
mod lock;
mod m20261120_000001_companies;
mod m20261120_000002_records;
mod m20261120_000003_customers;
mod m20261121_000004_notes;
mod m20261121_000005_interactions;
mod m20261121_000006_tags;
mod m20261121_000007_timeline;
mod m20261126_000008_stats;
mod m20261128_000100_event_heads;
mod m20261128_000180_idempotency_records;
mod m20261128_000181_events_of_notes;
mod m20261128_000182_jobs;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

/// The migrations in their order. A host that has a migrator of its own can append [`Migrator::migrations`].
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_companies::Migration),
            Box::new(m20261120_000002_records::Migration),
            Box::new(m20261120_000003_customers::Migration),
            Box::new(m20261121_000004_notes::Migration),
            Box::new(m20261121_000005_interactions::Migration),
            Box::new(m20261121_000006_tags::Migration),
            Box::new(m20261121_000007_timeline::Migration),
            Box::new(m20261126_000008_stats::Migration),
            Box::new(m20261128_000100_event_heads::Migration),
            Box::new(m20261128_000180_idempotency_records::Migration),
            Box::new(m20261128_000181_events_of_notes::Migration),
            Box::new(m20261128_000182_jobs::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("crm_migrations").into_iden()
    }
}

/// The reason why migrations failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database returned an error.
    #[error("the migration failed")]
    Database(#[from] DbErr),
    /// An extension is missing and the role may not create it.
    #[error(
        "the PostgreSQL extension {name} is missing; let an administrator run: CREATE EXTENSION IF NOT EXISTS {name};"
    )]
    Extension {
        /// The name of the extension.
        name: &'static str,
        /// The error of the database.
        #[source]
        source: DbErr,
    },
}

/// The status of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// True if it has run.
    pub applied: bool,
}

/// Runs all pending migrations. A database that is newer than this program is not changed.
///
/// # Errors
/// [`Error::Extension`] where PostgreSQL lacks `pg_trgm` or `btree_gin` and the role may not create them;
/// [`Error::Database`] for everything else. Migrations before the error stay applied.
pub async fn up(db: &DatabaseConnection) -> Result<(), Error> {
    let _lock = lock::acquire(db).await?;
    if Migrator::is_newer(db).await? {
        return Ok(());
    }
    m20261120_000003_customers::require_extensions(db).await?;
    if db.get_database_backend() != DbBackend::Sqlite {
        return Ok(Migrator::up(db, None).await?);
    }
    // One by one under the write lock, which excludes other migrators of the same file.
    loop {
        let tx = lock::begin(db).await?;
        if Migrator::applied(&tx).await?.len() >= Migrator::migrations().len() {
            return Ok(());
        }
        Migrator::up(&tx, Some(1)).await?;
        tx.commit().await?;
    }
}

/// Reverts the last `steps` migrations, dropping their tables and data; all if `steps` is `None`.
///
/// # Errors
/// [`Error::Database`] if the database refuses.
pub async fn down(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), Error> {
    let _lock = lock::acquire(db).await?;
    if db.get_database_backend() != DbBackend::Sqlite {
        return Ok(Migrator::down(db, steps).await?);
    }
    let tx = lock::begin(db).await?;
    Migrator::down(&tx, steps).await?;
    Ok(tx.commit().await?)
}

/// The migrations of this program and their status. Changes nothing.
///
/// # Errors
/// [`Error::Database`] if the database cannot be read.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<Applied>, Error> {
    let applied = Migrator::applied(db).await?;
    Ok(Migrator::migrations()
        .iter()
        .map(|migration| Applied {
            name: migration.name().to_owned(),
            applied: applied.iter().any(|name| name == migration.name()),
        })
        .collect())
}

impl Migrator {
    /// The names of all migrations that have run, including unknown ones.
    async fn applied<'c, C>(db: &'c C) -> Result<Vec<String>, DbErr>
    where
        C: ConnectionTrait,
        &'c C: IntoSchemaManagerConnection<'c>,
    {
        if !SchemaManager::new(db).has_table("crm_migrations").await? {
            return Ok(Vec::new());
        }
        let query = Query::select().column("version").from("crm_migrations").to_owned();
        db.query_all(&query).await?.iter().map(|row| row.try_get("", "version")).collect()
    }

    /// Whether the database has all known migrations and more: an older program during a rollout.
    async fn is_newer(db: &DatabaseConnection) -> Result<bool, DbErr> {
        let applied = Self::applied(db).await?;
        let known: Vec<String> = Self::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        Ok(applied.iter().any(|name| !known.contains(name)) && known.iter().all(|name| applied.contains(name)))
    }
}
