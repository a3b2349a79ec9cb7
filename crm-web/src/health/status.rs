//! The status of a service, and the answers of its probes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dependency, DependencyStatus};

/// The status of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub enum HealthStatus {
    /// All dependencies work.
    Ok,
    /// The service works, but an optional dependency is down.
    Degraded,
    /// The service cannot answer requests.
    Unavailable,
}

/// The answer of a probe.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ProbeAnswer {
    /// The status of the service.
    pub status: HealthStatus,
}

/// The answer to a probe: 503 if the service is unavailable.
pub fn answer(status: HealthStatus, body: impl Serialize) -> HttpResponse {
    let code = if status == HealthStatus::Unavailable { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    HttpResponse::build(code).insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).json(body)
}

/// The answer to a probe that tells nothing but the status.
#[must_use]
pub fn probe(status: HealthStatus) -> HttpResponse {
    answer(status, ProbeAnswer { status })
}

/// The status of the service, given the status of its dependencies.
#[must_use]
pub fn overall(dependencies: &[Dependency]) -> HealthStatus {
    let each = dependencies.iter().map(|dependency| match (dependency.status, dependency.required) {
        (DependencyStatus::Up, _) => HealthStatus::Ok,
        (DependencyStatus::Down, true) => HealthStatus::Unavailable,
        (DependencyStatus::Down, false) | (DependencyStatus::Busy, _) => HealthStatus::Degraded,
    });
    each.max().unwrap_or(HealthStatus::Ok)
}
