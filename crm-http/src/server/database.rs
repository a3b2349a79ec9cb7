//! The pool of connections.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crm_core::sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use crm_core::sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use crm_core::sea_orm::sqlx::{self, ConnectOptions as _, PgPool};
use crm_core::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector,
    Statement,
};
use secrecy::ExposeSecret;
use tracing::log::LevelFilter;

use super::{ServerError, release};
use crate::config::DatabaseConfig;

/// How long a writer waits for another one (SQLite).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements that take longer are logged, without their values.
const SLOW: Duration = Duration::from_secs(1);

/// Connects to the database of a service.
///
/// An SQLite file is made if it is not there, and set up for readers beside a writer. On PostgreSQL a connection is not
/// pinged before each use, which would cost a round trip; one that broke gives an error once and is replaced, and so is one
/// that has fallen silent.
///
/// Its statements and waits for locks end at the timeouts of the settings.
///
/// # Errors
/// What the database says.
pub async fn connect(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    open(config, [config.lock_timeout, config.statement_timeout]).await
}

/// Connects without these timeouts: a migration takes the time it takes.
///
/// # Errors
/// What the database says.
pub async fn connect_for_migrations(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    open(config, [Duration::ZERO; 2]).await
}

/// Makes the schema of the settings if it is not there (PostgreSQL).
///
/// # Errors
/// What the database says, for instance to a role that may make none.
pub async fn make_schema(database: &DatabaseConnection, config: &DatabaseConfig) -> Result<(), DbErr> {
    if let (Some(schema), false) = (&config.schema, is_in_schema(database, config).await?) {
        database.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await?;
    }
    Ok(())
}

/// Refuses a database whose tables would be found, or made, in another schema than that of the settings.
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

/// Runs pending migrations; on PostgreSQL on connections of their own, without timeouts.
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
    if config.url.expose_secret().starts_with("sqlite:") {
        return open_sqlite(config).await;
    }
    // Not through the connector, whose span holds the URL, and with it the password, in a log of level trace.
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
    // As options of the start, so that `SET … = DEFAULT` comes back to them.
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
    release::replace_silent(pool).connect_with(options).await
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
