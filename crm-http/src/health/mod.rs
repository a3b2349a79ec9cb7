//! For those who run the service: is it alive, is it ready, what does it cost.
//!
//! Liveness looks at nothing but the process, so that a database that is away never has all instances restarted.
//! Readiness looks at what a request needs, and turns off before the process ends.

mod checks;
mod fresh;
mod memory;
mod metrics;
mod routes;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use actix_web::web;
use crm_core::sea_orm::DatabaseConnection;
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_actix_web::service_config::ServiceConfig;

pub use checks::{Dependency, DependencyStatus};
#[cfg(feature = "server")]
pub(crate) use metrics::Observed;
pub use metrics::{Metrics, observe_queries, observe_requests};
pub(crate) use routes::routes;

use self::fresh::Looks;
use crate::auth::Verifier;

/// What the health routes look at. They say what was found out within the last second, or within the last ten of the user-management
/// service, so that however many ask cost nothing. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    database: DatabaseConnection,
    redis: Option<deadpool_redis::Pool>,
    verifier: OnceLock<Verifier>,
    looks: OnceLock<Looks>,
    metrics: Option<PrometheusHandle>,
    started: Instant,
    /// Readiness is off for good.
    stopping: Arc<AtomicBool>,
    /// Migrations were seen to be complete; they do not go back.
    migrated: Arc<AtomicBool>,
    /// All pools of the process.
    pools: Arc<Mutex<Vec<DatabaseConnection>>>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("stopping", &self.is_stopping()).finish_non_exhaustive()
    }
}

impl Health {
    /// Looks at a database, at Redis where there is one, and at the metrics where they are collected.
    #[must_use]
    pub fn new(
        database: DatabaseConnection,
        redis: Option<deadpool_redis::Pool>,
        metrics: Option<PrometheusHandle>,
    ) -> Self {
        let (verifier, looks, started) = (OnceLock::new(), OnceLock::new(), Instant::now());
        let (stopping, migrated, pools) =
            (Arc::default(), Arc::default(), Arc::new(Mutex::new(vec![database.clone()])));
        Self(Arc::new(Inner { database, redis, verifier, looks, metrics, started, stopping, migrated, pools }))
    }

    /// The same, and the database looked at on another pool, whose connections are counted with the others.
    #[cfg(feature = "server")]
    pub(crate) fn on(&self, database: DatabaseConnection) -> Self {
        let Inner { database: _, redis, verifier, looks, metrics, started, stopping, migrated, pools } = &*self.0;
        pools.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(database.clone());
        Self(Arc::new(Inner {
            database,
            redis: redis.clone(),
            verifier: verifier.clone(),
            looks: looks.clone(),
            metrics: metrics.clone(),
            started: *started,
            stopping: stopping.clone(),
            migrated: migrated.clone(),
            pools: pools.clone(),
        }))
    }

    /// Checks the service that verifies tokens, too. Only the first verifier counts.
    #[must_use]
    pub fn with_verifier(self, verifier: Verifier) -> Self {
        self.0.verifier.get_or_init(|| verifier);
        self
    }

    /// Lets everything that is told be so old, and no older; zero looks anew each time. Only the first counts.
    #[must_use]
    pub fn kept_for(self, age: Duration) -> Self {
        self.0.looks.get_or_init(|| Looks::kept_for(age, age));
        self
    }

    fn looks(&self) -> &Looks {
        self.0.looks.get_or_init(Looks::default)
    }

    /// Turns readiness off: no new requests, please.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    /// True once readiness was turned off.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }
}

/// Mounts `/health` and its kin, and `/metrics`. For a service of its own; a host has probes already.
///
/// `/health/detailed` needs a caller, so it wants [`configure`](crate::configure) beside it.
pub fn configure_health(health: Health) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(health));
        routes(&mut ServiceConfig::new(config));
    }
}
