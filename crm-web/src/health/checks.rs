//! Checks of single dependencies.

use std::time::{Duration, Instant};

use crm_core::sea_orm::sqlx::{Connection, PgConnection};
use crm_core::sea_orm::{DatabaseConnection, DbBackend};
use serde::Serialize;
use utoipa::ToSchema;

use crate::timeout::within;

/// How long a dependency may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// The status of a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub enum DependencyStatus {
    /// The dependency answers.
    Up,
    /// The dependency answers, but all connections to it are in use: requests wait.
    Busy,
    /// The dependency does not answer.
    Down,
}

/// A dependency of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// The name of the dependency.
    #[schema(example = "database")]
    pub name: &'static str,
    /// The status of the dependency.
    pub status: DependencyStatus,
    /// The time it took to answer, in milliseconds.
    #[schema(example = 1)]
    pub latency_ms: u64,
    /// Whether requests fail without it.
    #[schema(example = true)]
    pub required: bool,
}

impl DependencyStatus {
    /// The status of a dependency that answers or does not.
    #[must_use]
    pub const fn up_if(answers: bool) -> Self {
        if answers { Self::Up } else { Self::Down }
    }
}

impl Dependency {
    /// The dependency as `check` finds it within [`PATIENCE`].
    pub async fn measure(name: &'static str, required: bool, check: impl Future<Output = DependencyStatus>) -> Self {
        let began = Instant::now();
        let status = within(PATIENCE, check).await.unwrap_or(DependencyStatus::Down);
        Self { name, status, latency_ms: millis(began), required }
    }
}

/// The number of milliseconds since then.
#[must_use]
pub fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Whether a database answers. A full pool does not prove that it is down, so it is then checked on a separate
/// connection.
pub async fn ping(database: &DatabaseConnection) -> DependencyStatus {
    let mut ping = std::pin::pin!(database.ping());
    match within(PATIENCE / 2, ping.as_mut()).await {
        Some(Ok(())) => DependencyStatus::Up,
        _ if is_full(database) && answers_aside(database).await => DependencyStatus::Busy,
        Some(Err(_)) => DependencyStatus::Down,
        None => DependencyStatus::up_if(ping.await.is_ok()),
    }
}

fn is_full(database: &DatabaseConnection) -> bool {
    match database.get_database_backend() {
        DbBackend::Postgres => {
            let pool = database.get_postgres_connection_pool();
            pool.num_idle() == 0 && pool.size() >= pool.options().get_max_connections()
        }
        DbBackend::Sqlite => {
            let pool = database.get_sqlite_connection_pool();
            pool.num_idle() == 0 && pool.size() >= pool.options().get_max_connections()
        }
        _ => false,
    }
}

/// A file always answers.
async fn answers_aside(database: &DatabaseConnection) -> bool {
    if database.get_database_backend() != DbBackend::Postgres {
        return true;
    }
    let options = database.get_postgres_connection_pool().connect_options();
    match PgConnection::connect_with(&options).await {
        Ok(mut connection) => connection.ping().await.is_ok() && connection.close().await.is_ok(),
        Err(_) => false,
    }
}
