//! Shutdown of the service.

use std::time::Duration;

use crate::app::service::Service;
use crate::features::health::Health;

/// Waits for a signal, and continues for `delay` while not ready. Then event streams end, which would block the shutdown.
pub(super) async fn stop_after(health: Health, service: Service, delay: Duration) {
    crm_web::server::stop_after(delay, || health.stop()).await;
    service.end_streams();
}
