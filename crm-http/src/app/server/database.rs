//! The pools of connections.

use std::num::NonZeroUsize;

use crm_core::sea_orm::sqlx::postgres::PgConnectOptions;
use crm_core::sea_orm::{DatabaseConnection, DbBackend, DbErr, SqlxPostgresConnector};
use crm_web::server as web;

use super::ServerError;
use crate::app::config::DatabaseConfig;

/// The name under which PostgreSQL shows the connections.
const APPLICATION: &str = "crm-http";

/// Connects to the database of a service.
///
/// An SQLite file is created if it does not exist, and set up for readers next to a writer. On PostgreSQL a connection
/// is not pinged before each use, which would cost a round trip; a broken connection fails once and is replaced, and so
/// is an unresponsive one.
///
/// Statements and lock waits have the timeouts of the settings. Connections to this machine are not encrypted unless
/// the URL has an `sslmode` or the server requires it.
///
/// # Errors
/// The error of the database.
pub async fn connect(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    web::connect(config, APPLICATION).await
}

/// Connects without timeouts, for migrations.
///
/// # Errors
/// The error of the database.
pub async fn connect_for_migrations(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    web::connect_for_migrations(config, APPLICATION).await
}

/// Refuses a database whose tables would be found or created in another schema than that of the settings.
///
/// # Errors
/// [`ServerError::Schema`] if they would.
pub async fn expect_schema(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<(), ServerError> {
    match &config.schema {
        Some(schema) if !web::is_in_schema(database, config).await? => Err(ServerError::Schema(schema.clone())),
        _ => Ok(()),
    }
}

/// Runs pending migrations; on PostgreSQL on separate connections without timeouts.
pub(super) async fn migrate(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<(), ServerError> {
    if database.get_database_backend() != DbBackend::Postgres {
        return Ok(migration::up(database).await?);
    }
    let own = connect_for_migrations(config).await?;
    web::make_schema(&own, config).await?;
    expect_schema(&own, config).await?;
    migration::up(&own).await?;
    Ok(own.close().await?)
}

/// How the connections of the settings are distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    /// The number of connections per worker; `None` if all share one pool.
    each: Option<u32>,
    /// The number of connections outside of workers.
    background: u32,
}

/// For tasks outside of workers: forwarding of events, and housekeeping. Jobs have as many as run at once.
const BACKGROUND: u32 = 2;
/// With fewer, requests of a worker would wait for one another.
const FEWEST: u32 = 4;

impl Shares {
    pub(super) fn of(connections: u32, workers: usize, jobs: Option<NonZeroUsize>) -> Self {
        let workers = u32::try_from(workers).unwrap_or(u32::MAX).max(1);
        let jobs = u32::try_from(jobs.map_or(0, NonZeroUsize::get)).unwrap_or(u32::MAX);
        let background = BACKGROUND.saturating_add(jobs);
        let each = connections.saturating_sub(background) / workers;
        Self { each: (each >= FEWEST).then_some(each), background }
    }

    /// The maximum number of connections of one company: one less than a worker has, so that it never takes all of a
    /// worker's.
    pub(super) fn of_company(self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(usize::try_from(self.each?.saturating_sub(1)).ok()?)
    }

    /// The settings of the shared pool.
    pub(super) fn background(self, config: &DatabaseConfig) -> DatabaseConfig {
        let is_shared_out = self.each.is_some() && !config.is_sqlite();
        let max_connections = if is_shared_out { self.background } else { config.max_connections };
        DatabaseConfig { max_connections, ..config.clone() }
    }

    /// A pool for a worker, to the same server as `database`, without open connections. A connection belongs to the
    /// runtime that opened it: used on another one, each answer wakes two threads. `None` for SQLite, whose connections
    /// are threads.
    pub(super) fn worker(self, database: &DatabaseConnection) -> Option<DatabaseConnection> {
        if database.get_database_backend() != DbBackend::Postgres {
            return None;
        }
        let pool = database.get_postgres_connection_pool();
        let options = pool.options().clone().max_connections(self.each?);
        let own = options.connect_lazy_with(PgConnectOptions::clone(&pool.connect_options()));
        Some(SqlxPostgresConnector::from_sqlx_postgres_pool(own))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::Shares;

    #[test]
    fn no_more_connections_are_shared_out_than_there_are() {
        for (connections, workers, jobs, each) in [
            (16, 2, 0, Some(7)),
            (16, 3, 0, Some(4)),
            (16, 4, 0, None),
            (10, 2, 0, Some(4)),
            (9, 2, 0, None),
            (16, 2, 2, Some(6)),
            (16, 2, 8, None),
        ] {
            let shares = Shares::of(connections, workers, NonZeroUsize::new(jobs));
            assert_eq!(shares.each, each, "{connections} among {workers}, with {jobs} jobs");
        }
        assert_eq!(Shares::of(1, 1, None).each, None);
    }
}
