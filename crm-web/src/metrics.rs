//! Prometheus metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use crm_core::sea_orm::{DatabaseConnection, DbBackend};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::health::resident_memory;

const REQUESTS: &str = "crm_http_requests_total";
const REQUEST_DURATION: &str = "crm_http_request_duration_seconds";
const QUERY_DURATION: &str = "crm_database_query_duration_seconds";
const CONNECTIONS: &str = "crm_database_connections";
const MEMORY: &str = "process_resident_memory_bytes";
const UPTIME: &str = "crm_uptime_seconds";
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Histograms are drained at this interval; without it, unread samples would accumulate.
const UPKEEP: Duration = Duration::from_secs(5);

/// Collects the metrics of the process.
#[derive(Clone, Copy, Debug)]
pub struct Metrics;

impl Metrics {
    /// Starts to collect metrics, and returns the handle that [`render`] takes. Once per process.
    ///
    /// # Errors
    /// [`BuildError`] if a recorder is installed already.
    pub fn install() -> Result<PrometheusHandle, BuildError> {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), BUCKETS)?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)?;
        describe();
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        Ok(handle)
    }
}

fn describe() {
    describe_counter!(REQUESTS, Unit::Count, "Requests by method, route template and status");
    describe_histogram!(REQUEST_DURATION, Unit::Seconds, "How long requests took, by method and route template");
    describe_histogram!(QUERY_DURATION, Unit::Seconds, "How long statements took, by their kind and outcome");
    describe_gauge!(CONNECTIONS, Unit::Count, "Connections of the pool, used and idle");
    describe_gauge!(MEMORY, Unit::Bytes, "Resident memory");
    crate::auth::describe_metrics();
    crate::redis::describe_metrics();
    crate::streams::describe_metrics();
    crate::cache::describe_metrics();
    crate::limits::describe_metrics();
    crate::language_model::describe_metrics();
    describe_gauge!(UPTIME, Unit::Seconds, "How long the service has been running");
}

/// Middleware: counts and times requests. The label is the route template and never the path, which contains ids.
///
/// # Errors
/// The error of the inner service.
pub async fn observe_requests<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (began, observed) = (Instant::now(), Observed::begin(request.method()));
    let outcome = next.call(request).await;
    let (status, route) = match &outcome {
        Ok(response) => (response.status(), response.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    observed.end(route.as_deref().unwrap_or("unmatched"), status, began.elapsed());
    outcome
}

/// A request that is counted when it is answered. Only then does the framework know the route without a second lookup.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed(&'static str);

impl Observed {
    pub(crate) fn begin(method: &Method) -> Self {
        Self(known(method))
    }

    #[cfg(feature = "server")]
    pub(crate) const fn method(self) -> &'static str {
        self.0
    }

    pub(crate) fn end(self, route: &str, status: StatusCode, took: Duration) {
        let route: Arc<str> = route.into();
        counter!(REQUESTS, "method" => self.0, "route" => route.clone(), "status" => status.as_str().to_owned())
            .increment(1);
        histogram!(REQUEST_DURATION, "method" => self.0, "route" => route).record(took);
    }
}

/// A client can invent methods, and every label value creates a time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Times every statement on a pool. Call it before the pool is cloned.
pub fn observe_queries(database: &mut DatabaseConnection) {
    database.set_metric_callback(|query| {
        let statement = query.statement.sql.trim_start();
        let kind =
            KINDS.iter().find(|kind| statement.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind)));
        let outcome = if query.failed { "error" } else { "ok" };
        histogram!(QUERY_DURATION, "statement" => kind.copied().unwrap_or("other"), "outcome" => outcome)
            .record(query.elapsed);
    });
}

const KINDS: &[&str] = &["select", "insert", "update", "delete", "with"];

/// The metrics in the text format of Prometheus, with the connections of all `pools` of a process.
#[must_use]
pub fn render(metrics: &PrometheusHandle, pools: &[DatabaseConnection], uptime: Duration) -> String {
    let (size, idle) = pools.iter().map(pool).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    gauge!(CONNECTIONS, "state" => "idle").set(f64::from(idle));
    gauge!(CONNECTIONS, "state" => "used").set(f64::from(size.saturating_sub(idle)));
    gauge!(UPTIME).set(uptime.as_secs_f64());
    if let Some(bytes) = resident_memory() {
        // Values above 2^53 lose precision.
        #[expect(clippy::cast_precision_loss, reason = "no machine has that much memory")]
        gauge!(MEMORY).set(bytes as f64);
    }
    metrics.render()
}

/// The number of connections, and how many of them are idle.
fn pool(database: &DatabaseConnection) -> (u32, u32) {
    let counted = |size: u32, idle: usize| (size, u32::try_from(idle).unwrap_or(u32::MAX));
    match database.get_database_backend() {
        DbBackend::Postgres => {
            let pool = database.get_postgres_connection_pool();
            counted(pool.size(), pool.num_idle())
        }
        DbBackend::Sqlite => {
            let pool = database.get_sqlite_connection_pool();
            counted(pool.size(), pool.num_idle())
        }
        _ => (0, 0),
    }
}
