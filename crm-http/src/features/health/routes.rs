//! The health routes.

use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Dependency, Health};
use crm_web::health::{HealthStatus, ProbeAnswer, answer, overall, probe, resident_memory};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::Caller;
use crm_web::request::limit_addresses;

/// The state of the process.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProcessHealth {
    /// The status of the service.
    status: HealthStatus,
    /// The time of the server.
    timestamp: DateTime<Utc>,
    /// The uptime of the service in seconds.
    #[schema(example = 3600)]
    uptime: u64,
    /// The memory of the process.
    memory: ProcessMemory,
}

/// The memory of the process.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct ProcessMemory {
    /// Resident memory in bytes; `null` if the system does not report it.
    #[schema(example = 34603008)]
    rss: Option<u64>,
}

/// The state of the service and of all its dependencies.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DetailedHealth {
    /// The status of the service.
    status: HealthStatus,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// The time of the server.
    timestamp: DateTime<Utc>,
    /// The uptime of the service in seconds.
    #[schema(example = 3600)]
    uptime: u64,
    /// The memory of the process.
    memory: ProcessMemory,
    /// The dependencies of the service.
    dependencies: Vec<Dependency>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_health)
        .service(get_liveness)
        .service(get_startup)
        .service(get_readiness)
        .service(get_database_health)
        .service(get_detailed_health)
        .service(get_metrics);
}

/// Check the process
///
/// Status, time, uptime and memory of this instance. Checks no dependency.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "The process runs", body = ProcessHealth, example = json!({
        "status": "ok", "timestamp": "2026-01-05T09:00:00Z", "uptime": 3600, "memory": { "rss": 34_603_008 },
    }))),
)]
#[get("/health")]
async fn get_health(health: Data<Health>) -> HttpResponse {
    let (status, uptime) = (HealthStatus::Ok, health.uptime().as_secs());
    answer(status, ProcessHealth { status, timestamp: now(), uptime, memory: ProcessMemory { rss: resident_memory() } })
}

fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

/// Check liveness
///
/// The liveness probe: succeeds as long as the process can answer at all. A dependency that is down does not make it
/// fail, because a restart would not help.
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
    probe(overall(&[health.migrations().await]))
}

/// Check readiness
///
/// The readiness probe: succeeds while the database answers within a second, its schema is complete, there are keys to
/// verify tokens with (if keys are fetched), and the service is not shutting down. A `degraded` service still takes
/// requests. The user-management service is not checked. Results are cached for a second.
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
    if health.is_stopping() {
        return probe(HealthStatus::Unavailable);
    }
    probe(overall(&health.needs().await))
}

/// Check the database
///
/// Whether the database answers, and how fast. Results are cached for a second.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "The database answers", body = Dependency, example = json!({
            "name": "database", "status": "up", "latencyMs": 1, "required": true,
        })),
        (status = 503, description = "The database does not answer", body = Dependency, example = json!({
            "name": "database", "status": "down", "latencyMs": 1000, "required": true,
        })),
    ),
)]
#[get("/health/db")]
async fn get_database_health(health: Data<Health>) -> HttpResponse {
    let database = health.database().await;
    answer(overall(std::slice::from_ref(&database)), database)
}

/// Check all dependencies
///
/// The status of the service and of every dependency, with latencies. Requires a token with any role. Host names and
/// secrets are not included. Results are cached for a second, and for ten seconds for the user-management service.
#[utoipa::path(
    tag = "health",
    responses(
        (status = 200, description = "The state of all dependencies", body = DetailedHealth, example = json!({
            "status": "degraded",
            "version": "0.1.0",
            "timestamp": "2026-01-05T09:00:00Z",
            "uptime": 3600,
            "memory": { "rss": 34_603_008 },
            "dependencies": [
                { "name": "database", "status": "up", "latencyMs": 1, "required": true },
                { "name": "migrations", "status": "up", "latencyMs": 0, "required": true },
                { "name": "redis", "status": "down", "latencyMs": 1000, "required": false },
                { "name": "user_management", "status": "up", "latencyMs": 3, "required": false },
            ],
        })),
        ReadErrors,
    ),
)]
#[get("/health/detailed", wrap = "from_fn(limit_addresses)")]
async fn get_detailed_health(_caller: Caller, health: Data<Health>) -> HttpResponse {
    let dependencies = health.dependencies().await;
    let (status, uptime) = (overall(&dependencies), health.uptime().as_secs());
    let (version, memory) = (env!("CARGO_PKG_VERSION"), ProcessMemory { rss: resident_memory() });
    HttpResponse::Ok().json(DetailedHealth { status, version, timestamp: now(), uptime, memory, dependencies })
}

/// Read the metrics
///
/// Requests by route template, database statements, the pool and memory, in the Prometheus text format. The path is not
/// protected, so do not expose it at your proxy.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain",
        example = "crm_http_requests_total{method=\"GET\",route=\"/api/customers\",status=\"200\"} 42")),
)]
#[get("/metrics")]
async fn get_metrics(health: Data<Health>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(health.render_metrics())
}
