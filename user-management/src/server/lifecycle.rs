//! What happens beside requests: housekeeping, and the end.

use std::time::Duration;

use crate::UserManagement;
use crate::http::health::Health;

/// The interval of housekeeping.
const EVERY: Duration = Duration::from_secs(600);

/// Deletes what has expired, and replaces old keys. Several instances can do so at once.
pub(super) async fn keep(users: UserManagement) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        if let Err(error) = users.housekeeping().await {
            tracing::warn!(%error, "housekeeping failed; it is tried again");
        }
    }
}

/// Waits for a signal, turns readiness off, and continues for `delay`, so that load balancers stop sending requests.
pub(super) async fn stop_after(health: Health, delay: Duration) {
    crm_web::server::signal().await;
    health.stop();
    tracing::info!(seconds = delay.as_secs_f32(), "stopping; not ready any more");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = crm_web::server::signal() => {}
    }
}
