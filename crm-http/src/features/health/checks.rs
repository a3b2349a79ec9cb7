//! Checks of single dependencies.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crm_core::sea_orm::sqlx::{Connection, PgConnection};
use crm_core::sea_orm::{DatabaseConnection, DbBackend};
use serde::Serialize;
use utoipa::ToSchema;

use super::Health;
use crate::base::timeout::within;

/// How long a dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

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

impl Health {
    /// The database.
    pub(super) async fn database(&self) -> Dependency {
        self.check("database", true, ping(&self.0.database)).await
    }

    /// The schema of the database. A newer schema is fine.
    pub(super) async fn migrations(&self) -> Dependency {
        self.check("migrations", true, async {
            if self.0.migrated.load(Ordering::Relaxed) {
                return DependencyStatus::Up;
            }
            let complete = is_migrated(&self.0.database).await;
            self.0.migrated.store(complete, Ordering::Relaxed);
            up_if(complete)
        })
        .await
    }

    /// Redis, if it is configured.
    pub(super) async fn redis(&self) -> Option<Dependency> {
        let pool = self.0.redis.as_ref()?;
        let ping = async {
            let Ok(mut connection) = pool.get().await else {
                return DependencyStatus::Down;
            };
            up_if(deadpool_redis::redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok())
        };
        Some(self.check("redis", false, ping).await)
    }

    /// The user-management service, if tokens need it. Not required: tokens in the cache stay valid.
    async fn user_management(&self) -> Option<Dependency> {
        const NAME: &str = "user_management";
        let verifier = self.0.verifier.get()?;
        let check = async {
            let (began, answers) = (Instant::now(), tokio::time::timeout(PATIENCE, verifier.answers()).await);
            let status = up_if(answers.unwrap_or(Some(false))?);
            Some(Dependency { name: NAME, status, latency_ms: millis(began), required: false })
        };
        self.recent_checks().neighbour(NAME, Box::pin(check)).await
    }

    async fn check(
        &self,
        name: &'static str,
        required: bool,
        check: impl Future<Output = DependencyStatus>,
    ) -> Dependency {
        self.recent_checks().need(name, Box::pin(measure(name, required, check))).await
    }

    /// The keys that tokens are verified with, if they are fetched. Sends no request: instances with keys must not
    /// become unready together with the service that publishes them.
    fn keys(&self) -> Option<Dependency> {
        let status = up_if(self.0.verifier.get()?.has_keys()?);
        Some(Dependency { name: "keys", status, latency_ms: 0, required: true })
    }

    /// The dependencies that requests need.
    pub(super) async fn needs(&self) -> Vec<Dependency> {
        let (database, migrations, redis) =
            futures_util::future::join3(self.database(), self.migrations(), self.redis()).await;
        [Some(database), Some(migrations), redis, self.keys()].into_iter().flatten().collect()
    }

    /// All dependencies, including optional ones.
    pub(super) async fn dependencies(&self) -> Vec<Dependency> {
        let (mut needs, users) = futures_util::future::join(self.needs(), self.user_management()).await;
        needs.extend(users);
        needs
    }
}

const fn up_if(answers: bool) -> DependencyStatus {
    if answers { DependencyStatus::Up } else { DependencyStatus::Down }
}

/// A full pool does not prove that the database is down, so the database is checked on a separate connection.
async fn ping(database: &DatabaseConnection) -> DependencyStatus {
    let mut ping = std::pin::pin!(database.ping());
    match within(PATIENCE / 2, ping.as_mut()).await {
        Some(Ok(())) => DependencyStatus::Up,
        _ if is_full(database) && answers_aside(database).await => DependencyStatus::Busy,
        Some(Err(_)) => DependencyStatus::Down,
        None => up_if(ping.await.is_ok()),
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

async fn is_migrated(database: &DatabaseConnection) -> bool {
    migration::status(database).await.is_ok_and(|all| all.iter().all(|migration| migration.applied))
}

async fn measure(name: &'static str, required: bool, check: impl Future<Output = DependencyStatus>) -> Dependency {
    let began = Instant::now();
    let status = within(PATIENCE, check).await.unwrap_or(DependencyStatus::Down);
    Dependency { name, status, latency_ms: millis(began), required }
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
