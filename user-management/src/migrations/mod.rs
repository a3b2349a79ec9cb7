//! The tables of user management: `um_…`, with bookkeeping of their own in `um_migrations`.

#![expect(elided_lifetimes_in_paths, reason = "`MigrationTrait` is declared that way")]

mod m20261129_000001_tables;
mod m20261129_000002_search;
mod m20261129_000003_sign_ups;
mod m20261207_000701_team_parents;

use migration::runner::{self, Applied};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, DbErr};

/// The migrations in their order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261129_000001_tables::Migration),
            Box::new(m20261129_000002_search::Migration),
            Box::new(m20261129_000003_sign_ups::Migration),
            Box::new(m20261207_000701_team_parents::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("um_migrations").into_iden()
    }
}

/// Runs all pending migrations. A database that is newer than this program is not changed.
///
/// # Errors
/// Those of the database. Migrations before the error stay applied.
pub async fn up(db: &DatabaseConnection) -> Result<(), DbErr> {
    runner::up::<Migrator>(db).await
}

/// Reverts the last `steps` migrations, dropping their tables and data; all if `steps` is `None`.
///
/// # Errors
/// Those of the database.
pub async fn down(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), DbErr> {
    runner::down::<Migrator>(db, steps).await
}

/// The migrations of this program and their status. Changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<Applied>, DbErr> {
    runner::status::<Migrator>(db).await
}
