//! The pool of connections.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crm_core::sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use crm_core::sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use crm_core::sea_orm::sqlx::{self, ConnectOptions as _, PgPool};
use crm_core::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector,
    Statement,
};
use secrecy::ExposeSecret;
use tracing::log::LevelFilter;

use super::{ServerError, encryption, pool_hygiene};
use crate::app::config::DatabaseConfig;

/// How long a writer waits for another one (SQLite).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements that take longer are logged, without their values.
const SLOW: Duration = Duration::from_secs(1);

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
    open(config, [config.lock_timeout, config.statement_timeout]).await
}

/// Connects without timeouts, for migrations.
///
/// # Errors
/// The error of the database.
pub async fn connect_for_migrations(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    open(config, [Duration::ZERO; 2]).await
}

/// Creates the schema of the settings if it does not exist (PostgreSQL).
///
/// # Errors
/// The error of the database, for example without the right to create schemas.
pub async fn make_schema(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<(), DbErr> {
    if let (Some(schema), false) = (&config.schema, is_in_schema(database, config).await?) {
        database.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await?;
    }
    Ok(())
}

/// Refuses a database whose tables would be found or created in another schema than that of the settings.
///
/// # Errors
/// [`ServerError::Schema`] if they would.
pub async fn expect_schema(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<(), ServerError> {
    match &config.schema {
        Some(schema) if !is_in_schema(database, config).await? => Err(ServerError::Schema(schema.clone())),
        _ => Ok(()),
    }
}

async fn is_in_schema(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<bool, DbErr> {
    if config.schema.is_none() || database.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let ask = Statement::from_string(DbBackend::Postgres, "SELECT current_schema()::text");
    let row = database.query_one_raw(ask).await?;
    let current: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    Ok(current == config.schema)
}

/// Runs pending migrations; on PostgreSQL on separate connections without timeouts.
pub(super) async fn migrate(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<(), ServerError> {
    if database.get_database_backend() != DbBackend::Postgres {
        return Ok(migration::up(database).await?);
    }
    let own = connect_for_migrations(config).await?;
    make_schema(&own, config).await?;
    expect_schema(&own, config).await?;
    migration::up(&own).await?;
    Ok(own.close().await?)
}

async fn open(config: &DatabaseConfig, timeouts: [Duration; 2]) -> Result<DatabaseConnection, DbErr> {
    if is_sqlite(config) {
        return open_sqlite(config).await;
    }
    // Not through the connector: its span contains the URL with the password, in a log of level trace.
    let pool = open_postgres(config, timeouts).await;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(
        pool.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?,
    ))
}

async fn open_postgres(
    config: &DatabaseConfig,
    [lock_timeout, statement_timeout]: [Duration; 2],
) -> Result<PgPool, sqlx::Error> {
    // The operators of the extensions are usually in public.
    let search_path = config.schema.iter().map(|schema| ("search_path", format!("\"{schema}\",public")));
    // As startup options, so that `SET … = DEFAULT` restores them.
    let options = PgConnectOptions::from_str(config.url.expose_secret())?
        .application_name("crm-http")
        .options([
            ("lock_timeout", lock_timeout.as_millis().to_string()),
            ("statement_timeout", statement_timeout.as_millis().to_string()),
        ])
        .options(search_path)
        .log_statements(LevelFilter::Trace)
        .log_slow_statements(LevelFilter::Warn, SLOW);
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        .test_before_acquire(false);
    let pool = pool_hygiene::discard_dead_connections(pool);
    if encryption::is_asked_for(config.url.expose_secret(), &options) {
        return pool.connect_with(options).await;
    }
    match pool.clone().connect_with(options.clone().ssl_mode(PgSslMode::Disable)).await {
        Err(error) if encryption::is_demanded(&error) => pool.connect_with(options).await,
        outcome => outcome,
    }
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
        let is_shared_out = self.each.is_some() && !is_sqlite(config);
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

fn is_sqlite(config: &DatabaseConfig) -> bool {
    config.url.expose_secret().starts_with("sqlite:")
}

async fn open_sqlite(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(config.url.expose_secret());
    options
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        .test_before_acquire(false)
        .sqlx_logging_level(LevelFilter::Trace)
        .sqlx_slow_statements_logging_settings(LevelFilter::Warn, SLOW);
    let synchronous = if config.is_durable { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
    });
    Database::connect(options).await
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
