//! `migration up|down|status`, for a job that runs before a rollout.

use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use sea_orm_migration::sea_orm::{ConnectOptions, Database};

/// The timeout of connecting; a failed job is started again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the CRM's database migrations.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The database, for instance postgres://crm@localhost/crm or sqlite://crm.db?mode=rwc
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the list is what the user asked for")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut connect = ConnectOptions::new(options.database_url);
    connect.acquire_timeout(PATIENCE);
    let db = Database::connect(connect).await.context("cannot connect to the database")?;
    match options.command {
        Command::Up => migration::up(&db).await?,
        Command::Down { steps } => migration::down(&db, Some(steps)).await?,
        Command::Status => {
            for migration in migration::status(&db).await? {
                println!("{} {}", if migration.applied { "applied" } else { "pending" }, migration.name);
            }
        }
    }
    Ok(())
}
