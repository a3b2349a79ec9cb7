//! Runs the migrations of any migrator, one process at a time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use crate::lock;

/// The status of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// True if it has run.
    pub applied: bool,
}

/// Runs all pending migrations of `M`. A database that is newer than this program is not changed.
///
/// # Errors
/// Those of the database. Migrations before the error stay applied.
pub async fn up<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    let _lock = lock::acquire(db).await?;
    up_alone::<M>(db).await
}

/// The same for a caller that holds the lock.
pub(crate) async fn up_alone<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    if is_newer::<M>(db).await? {
        return Ok(());
    }
    if db.get_database_backend() != DbBackend::Sqlite {
        return M::up(db, None).await;
    }
    // One by one under the write lock, which excludes other migrators of the same file.
    loop {
        let tx = lock::begin(db).await?;
        if applied::<M, _>(&tx).await?.len() >= M::migrations().len() {
            return Ok(());
        }
        M::up(&tx, Some(1)).await?;
        tx.commit().await?;
    }
}

/// Reverts the last `steps` migrations of `M`, dropping their tables and data; all if `steps` is `None`.
///
/// # Errors
/// Those of the database.
pub async fn down<M: MigratorTrait>(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), DbErr> {
    let _lock = lock::acquire(db).await?;
    if db.get_database_backend() != DbBackend::Sqlite {
        return M::down(db, steps).await;
    }
    let tx = lock::begin(db).await?;
    M::down(&tx, steps).await?;
    tx.commit().await
}

/// The migrations of `M` and their status. Changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn status<M: MigratorTrait>(db: &DatabaseConnection) -> Result<Vec<Applied>, DbErr> {
    let applied = applied::<M, _>(db).await?;
    Ok(M::migrations()
        .iter()
        .map(|migration| Applied {
            name: migration.name().to_owned(),
            applied: applied.iter().any(|name| name == migration.name()),
        })
        .collect())
}

/// The names of all migrations that have run, including unknown ones.
async fn applied<'c, M, C>(db: &'c C) -> Result<Vec<String>, DbErr>
where
    M: MigratorTrait,
    C: ConnectionTrait,
    &'c C: IntoSchemaManagerConnection<'c>,
{
    let table = M::migration_table_name();
    if !SchemaManager::new(db).has_table(table.to_string()).await? {
        return Ok(Vec::new());
    }
    let query = Query::select().column("version").from(table).to_owned();
    db.query_all(&query).await?.iter().map(|row| row.try_get("", "version")).collect()
}

/// Whether the database has all known migrations and more: an older program during a rollout.
pub(crate) async fn is_newer<M: MigratorTrait>(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let applied = applied::<M, _>(db).await?;
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    Ok(applied.iter().any(|name| !known.contains(name)) && known.iter().all(|name| applied.contains(name)))
}
