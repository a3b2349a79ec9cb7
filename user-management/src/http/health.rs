//! Probes and metrics for operators.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use actix_web::web::Data;
use actix_web::{HttpResponse, get, web};
use crm_web::health::{Dependency, DependencyStatus, HealthStatus, ProbeAnswer, RecentChecks, overall, ping, probe};
use metrics_exporter_prometheus::PrometheusHandle;
use sea_orm::DatabaseConnection;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::migrations;

/// What the probes check. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    database: DatabaseConnection,
    metrics: Option<PrometheusHandle>,
    checks: RecentChecks,
    started: Instant,
    stopping: AtomicBool,
    /// Set once: a schema that is complete stays so while this program runs.
    is_migrated: AtomicBool,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Health {
    /// Checks a database, and serves the metrics if they are collected.
    #[must_use]
    pub fn new(database: DatabaseConnection, metrics: Option<PrometheusHandle>) -> Self {
        let (checks, started) = (RecentChecks::default(), Instant::now());
        let (stopping, is_migrated) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Inner { database, metrics, checks, started, stopping, is_migrated }))
    }

    /// Turns readiness off, so that load balancers stop sending requests.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    async fn needs(&self) -> [Dependency; 2] {
        let database = Dependency::measure("database", true, ping(&self.0.database));
        let schema = async { DependencyStatus::up_if(self.is_migrated().await) };
        let schema = Dependency::measure("migrations", true, schema);
        let checks = &self.0.checks;
        [checks.need("database", Box::pin(database)).await, checks.need("migrations", Box::pin(schema)).await]
    }

    async fn is_migrated(&self) -> bool {
        let known = &self.0.is_migrated;
        if !known.load(Ordering::Relaxed) {
            let all = migrations::status(&self.0.database).await;
            let is_migrated = all.is_ok_and(|all| all.iter().all(|migration| migration.applied));
            known.store(is_migrated, Ordering::Relaxed);
        }
        known.load(Ordering::Relaxed)
    }
}

/// Mounts the probes and `/metrics`.
pub fn configure_health(health: Health) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(Data::new(health));
        routes(&mut ServiceConfig::new(config));
    }
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_liveness).service(get_startup).service(get_readiness).service(get_metrics);
}

/// Check liveness
///
/// The liveness probe: succeeds as long as the process can answer at all.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "It is alive", body = ProbeAnswer, example = json!({ "status": "ok" }))),
)]
#[get("/health/live")]
async fn get_liveness() -> HttpResponse {
    probe(HealthStatus::Ok)
}

/// Check startup
///
/// The startup probe: succeeds as soon as the database has been reached and its schema has been checked.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "The service has started", body = ProbeAnswer, example = json!({ "status": "ok" })),
        (status = 503, description = "Not yet", body = ProbeAnswer, example = json!({ "status": "unavailable" })),
    ),
)]
#[get("/health/startup")]
async fn get_startup(health: Data<Health>) -> HttpResponse {
    probe(overall(&health.needs().await))
}

/// Check readiness
///
/// The readiness probe: succeeds while the database answers, its schema is complete, and the service is not shutting
/// down. Results are cached for a second.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "The service takes requests", body = ProbeAnswer, example = json!({ "status": "ok" })),
        (status = 503, description = "It takes no requests", body = ProbeAnswer, example = json!({ "status": "unavailable" })),
    ),
)]
#[get("/health/ready")]
async fn get_readiness(health: Data<Health>) -> HttpResponse {
    if health.0.stopping.load(Ordering::Relaxed) {
        return probe(HealthStatus::Unavailable);
    }
    probe(overall(&health.needs().await))
}

/// Read the metrics
///
/// In the Prometheus text format. The path is not protected, so do not expose it at your proxy.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain",
        example = "um_sign_ins_total{outcome=\"success\"} 42")),
)]
#[get("/metrics")]
async fn get_metrics(health: Data<Health>) -> HttpResponse {
    let pools = [health.0.database.clone()];
    let render = |metrics| crm_web::metrics::render(metrics, &pools, health.0.started.elapsed());
    let text = health.0.metrics.as_ref().map(render).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}
