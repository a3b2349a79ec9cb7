//! Liveness, readiness and metrics for operators.
//!
//! Liveness checks the process only, so that a database outage does not restart all instances. Readiness checks what
//! requests need, and turns off before the process ends.

mod checks;
mod routes;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web;
use crm_core::sea_orm::DatabaseConnection;
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_actix_web::service_config::ServiceConfig;

pub use crm_web::health::{Dependency, DependencyStatus};
pub use crm_web::metrics::{Metrics, observe_queries, observe_requests};
pub(crate) use routes::routes;

use crm_web::auth::Verifier;
use crm_web::health::RecentChecks;

/// What the health routes check. Results are cached for a second, and for ten seconds for the user-management service,
/// so that many probes cost nothing. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    database: DatabaseConnection,
    redis: Option<deadpool_redis::Pool>,
    verifier: OnceLock<Verifier>,
    checks: OnceLock<RecentChecks>,
    metrics: Option<PrometheusHandle>,
    started: Instant,
    /// Readiness is off permanently.
    stopping: Arc<AtomicBool>,
    /// The migrations were complete at the last check. They are not reverted while the service runs.
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
    /// Checks a database, Redis if it is configured, and serves the metrics if they are collected.
    #[must_use]
    pub fn new(
        database: DatabaseConnection,
        redis: Option<deadpool_redis::Pool>,
        metrics: Option<PrometheusHandle>,
    ) -> Self {
        let (verifier, checks, started) = (OnceLock::new(), OnceLock::new(), Instant::now());
        let (stopping, migrated, pools) =
            (Arc::default(), Arc::default(), Arc::new(Mutex::new(vec![database.clone()])));
        Self(Arc::new(Inner { database, redis, verifier, checks, metrics, started, stopping, migrated, pools }))
    }

    /// Checks the database on another pool, whose connections are counted with the others.
    #[cfg(feature = "server")]
    pub(crate) fn on(&self, database: DatabaseConnection) -> Self {
        let Inner { database: _, redis, verifier, checks, metrics, started, stopping, migrated, pools } = &*self.0;
        pools.lock().unwrap_or_else(PoisonError::into_inner).push(database.clone());
        Self(Arc::new(Inner {
            database,
            redis: redis.clone(),
            verifier: verifier.clone(),
            checks: checks.clone(),
            metrics: metrics.clone(),
            started: *started,
            stopping: stopping.clone(),
            migrated: migrated.clone(),
            pools: pools.clone(),
        }))
    }

    /// Also checks the service that verifies tokens. Only the first call counts.
    #[must_use]
    pub fn with_verifier(self, verifier: Verifier) -> Self {
        self.0.verifier.get_or_init(|| verifier);
        self
    }

    /// Sets the maximum age of results; zero checks every time. Only the first call counts.
    #[must_use]
    pub fn kept_for(self, age: Duration) -> Self {
        self.0.checks.get_or_init(|| RecentChecks::kept_for(age, age));
        self
    }

    fn recent_checks(&self) -> &RecentChecks {
        self.0.checks.get_or_init(RecentChecks::default)
    }

    /// Turns readiness off, so that load balancers stop sending requests.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether readiness was turned off.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    /// The metrics in the text format of Prometheus.
    fn render_metrics(&self) -> String {
        let Some(metrics) = &self.0.metrics else {
            return String::new();
        };
        let pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).clone();
        crm_web::metrics::render(metrics, &pools, self.uptime())
    }

    fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }
}

/// Mounts `/health` and the other probes, and `/metrics`. For a standalone service; a host has its own probes.
///
/// `/health/detailed` needs a caller, so [`configure`](crate::configure) must be mounted as well.
pub fn configure_health(health: Health) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(health));
        routes(&mut ServiceConfig::new(config));
    }
}
