//! The pool of connections.

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

use super::{encryption, pool_hygiene};
use crate::settings::DatabaseConfig;

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
/// the URL has an `sslmode` or the server requires it. The server shows them under the name `application`.
///
/// # Errors
/// The error of the database.
pub async fn connect(config: &DatabaseConfig, application: &str) -> Result<DatabaseConnection, DbErr> {
    open(config, application, [config.lock_timeout, config.statement_timeout]).await
}

/// Connects without timeouts, for migrations.
///
/// # Errors
/// The error of the database.
pub async fn connect_for_migrations(config: &DatabaseConfig, application: &str) -> Result<DatabaseConnection, DbErr> {
    open(config, application, [Duration::ZERO; 2]).await
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

/// Whether tables are found and created in the schema of the settings. True without one, and on SQLite.
///
/// # Errors
/// The error of the database.
pub async fn is_in_schema(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<bool, DbErr> {
    if config.schema.is_none() || database.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let ask = Statement::from_string(DbBackend::Postgres, "SELECT current_schema()::text");
    let row = database.query_one_raw(ask).await?;
    let current: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    Ok(current == config.schema)
}

async fn open(
    config: &DatabaseConfig,
    application: &str,
    timeouts: [Duration; 2],
) -> Result<DatabaseConnection, DbErr> {
    if config.is_sqlite() {
        return open_sqlite(config).await;
    }
    // Not through the connector: its span contains the URL with the password, in a log of level trace.
    let pool = open_postgres(config, application, timeouts).await;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(
        pool.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?,
    ))
}

async fn open_postgres(
    config: &DatabaseConfig,
    application: &str,
    [lock_timeout, statement_timeout]: [Duration; 2],
) -> Result<PgPool, sqlx::Error> {
    // The operators of the extensions are usually in public.
    let search_path = config.schema.iter().map(|schema| ("search_path", format!("\"{schema}\",public")));
    // As startup options, so that `SET … = DEFAULT` restores them.
    let options = PgConnectOptions::from_str(config.url.expose_secret())?
        .application_name(application)
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
