//! Shutdown of the service.

use std::time::Duration;

use crm_web::server::signal;

use crate::app::service::Service;
use crate::features::health::Health;

/// Waits for a signal, turns readiness off, and continues for `delay`, so that load balancers stop sending requests
/// before the service stops accepting them. A second signal ends the delay.
pub(super) async fn stop_after(health: Health, service: Service, delay: Duration) {
    signal().await;
    health.stop();
    tracing::info!(seconds = delay.as_secs_f32(), "stopping; not ready any more");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = signal() => {}
    }
    service.end_streams();
}
