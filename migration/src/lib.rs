//! The CRM's tables.
//!
//! Run them with [`up`] (or the `migration` binary, or `crm-http migrate up`) beside whatever else lives in the
//! database: every table starts with `crm_`, and the bookkeeping has a table of its own, `crm_migrations`, so that a
//! host's own migrations are left alone.
//!
//! ```no_run
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! let db = sea_orm_migration::sea_orm::Database::connect("sqlite://erp.db?mode=rwc").await?;
//! migration::up(&db).await?;
//! # Ok(()) }
//! ```
//!
//! Several processes may start at once: on PostgreSQL they queue at an advisory lock, on SQLite at the write lock. There is deliberately no way to
//! call `fresh`, which drops a host's tables too.

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
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("crm_migrations").into_iden()
    }
}

/// Why migrations could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused.
    #[error("the migration failed")]
    Database(#[from] DbErr),
    /// An extension is missing and this role may not create it.
    #[error(
        "the PostgreSQL extension {name} is missing; let an administrator run: CREATE EXTENSION IF NOT EXISTS {name};"
    )]
    Extension {
        /// Which one.
        name: &'static str,
        /// What the database said.
        #[source]
        source: DbErr,
    },
}

/// What [`status`] tells of one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// True if it has run.
    pub applied: bool,
}

/// Runs all migrations that have not run yet. A database that is newer than this program is left as it is.
///
/// # Errors
/// [`Error::Extension`] where PostgreSQL lacks `pg_trgm` or `btree_gin` and the role may not create them;
/// [`Error::Database`] for everything else. What ran before the fault stays.
pub async fn up(db: &DatabaseConnection) -> Result<(), Error> {
    let _lock = lock::acquire(db).await?;
    if Migrator::is_newer(db).await? {
        return Ok(());
    }
    m20261120_000003_customers::require_extensions(db).await?;
    if db.get_database_backend() != DbBackend::Sqlite {
        return Ok(Migrator::up(db, None).await?);
    }
    // One after the other under the write lock, which is all that keeps other migrators of the same file away.
    loop {
        let tx = lock::begin(db).await?;
        if Migrator::applied(&tx).await?.len() >= Migrator::migrations().len() {
            return Ok(());
        }
        Migrator::up(&tx, Some(1)).await?;
        tx.commit().await?;
    }
}

/// Takes back the last `steps` migrations, their tables and what is in them; all if `steps` is `None`.
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

/// The migrations this program knows, and which of them have run. Changes nothing.
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
    /// The names of all migrations that have run, also of those this program does not know.
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

    /// True if the database has run everything we know and more: an older program during a rollout.
    async fn is_newer(db: &DatabaseConnection) -> Result<bool, DbErr> {
        let applied = Self::applied(db).await?;
        let known: Vec<String> = Self::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        Ok(applied.iter().any(|name| !known.contains(name)) && known.iter().all(|name| applied.contains(name)))
    }
}
