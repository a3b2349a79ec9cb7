//! `crm-http migrate up|down|status`

use std::path::Path;

use anyhow::Context;
use clap::Subcommand;
use crm_core::sea_orm::DatabaseConnection;
use crm_http::config::load_database;
use crm_http::server::{connect_for_migrations, expect_schema, make_schema};

/// The direction.
#[derive(Debug, Subcommand)]
pub(crate) enum Direction {
    /// Run all migrations that have not run yet
    Up,
    /// Revert migrations, dropping their tables and data
    Down {
        /// The number of migrations
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List the migrations and their status
    Status,
}

/// Migrates the database. Reads the database settings only, so that a job needs no secrets of the service.
pub(crate) async fn run(file: Option<&Path>, direction: Direction) -> anyhow::Result<()> {
    let config = load_database(file)?;
    let database = connect_for_migrations(&config).await.context("cannot connect to the database")?;
    if matches!(direction, Direction::Up) {
        make_schema(&database, &config).await.context("cannot make the schema")?;
    }
    expect_schema(&database, &config).await?;
    match direction {
        Direction::Up => {
            migration::up(&database).await?;
            #[cfg(feature = "console")]
            crm_console::migrations::up(&database).await.context("cannot migrate the tables of the console")?;
        }
        Direction::Down { steps } => migration::down(&database, Some(steps)).await?,
        Direction::Status => {}
    }
    report(&database).await
}

#[expect(clippy::print_stdout, reason = "the list is what the user asked for")]
async fn report(database: &DatabaseConnection) -> anyhow::Result<()> {
    for migration in migration::status(database).await? {
        println!("{} {}", if migration.applied { "applied" } else { "pending" }, migration.name);
    }
    Ok(())
}
