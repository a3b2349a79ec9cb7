//! Checks of single dependencies.

use std::sync::atomic::Ordering;
use std::time::Instant;

use crm_core::sea_orm::DatabaseConnection;
use crm_web::health::{Dependency, DependencyStatus, PATIENCE, millis, ping};

use super::Health;

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
            DependencyStatus::up_if(complete)
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
            DependencyStatus::up_if(
                deadpool_redis::redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok(),
            )
        };
        Some(self.check("redis", false, ping).await)
    }

    /// The user-management service, if tokens need it. Not required: tokens in the cache stay valid.
    async fn user_management(&self) -> Option<Dependency> {
        const NAME: &str = "user_management";
        let verifier = self.0.verifier.get()?;
        let check = async {
            let (began, answers) = (Instant::now(), tokio::time::timeout(PATIENCE, verifier.answers()).await);
            let status = DependencyStatus::up_if(answers.unwrap_or(Some(false))?);
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
        self.recent_checks().need(name, Box::pin(Dependency::measure(name, required, check))).await
    }

    /// The keys that tokens are verified with, if they are fetched. Sends no request: instances with keys must not
    /// become unready together with the service that publishes them.
    fn keys(&self) -> Option<Dependency> {
        let status = DependencyStatus::up_if(self.0.verifier.get()?.has_keys()?);
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

async fn is_migrated(database: &DatabaseConnection) -> bool {
    migration::status(database).await.is_ok_and(|all| all.iter().all(|migration| migration.applied))
}
