//! What is tidied up now and then.

use std::time::Duration;

use crate::service::Service;
use crate::timeout::within;

const EVERY: Duration = Duration::from_secs(60 * 60);

/// Removes what has had its time, at the start and then every hour, as long as the service runs. Several instances may do
/// so at once.
pub(super) async fn keep(service: Service) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        match within(EVERY, service.crm().forget_expired_keys(service.database())).await {
            Some(Ok(removed)) => tracing::debug!(removed, "expired idempotency keys are gone"),
            Some(Err(error)) => tracing::warn!(error = &error as &dyn std::error::Error, "housekeeping has to wait"),
            None => tracing::warn!("housekeeping has to wait: the database does not answer"),
        }
    }
}
