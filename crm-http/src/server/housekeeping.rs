//! What is tidied up now and then.

use std::time::Duration;

use crate::service::Service;
use crate::timeout::within;

const EVERY: Duration = Duration::from_secs(60);
/// How many rounds pass between two looks for what has had its time.
const ROUNDS: u32 = 60;

/// Writes down every minute what was refused in a loop, and removes every hour what has had its time, at the start and as
/// long as the service runs. Several instances may do so at once.
pub(super) async fn keep(service: Service) {
    let mut clock = tokio::time::interval(EVERY);
    for round in (0..ROUNDS).cycle() {
        clock.tick().await;
        if round == 0 {
            forget(&service).await;
        }
        record(&service).await;
    }
}

/// Writes down what is not written yet, before the service ends.
pub(super) async fn end(service: &Service) {
    record(service).await;
}

async fn forget(service: &Service) {
    match within(EVERY, service.crm().delete_expired_keys(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "expired idempotency keys are gone"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping has to wait: the database does not answer"),
    }
}

async fn record(service: &Service) {
    match within(EVERY / 6, service.crm().record_repeated_refusals(service.database())).await {
        Some(Ok(0)) => {}
        Some(Ok(entries)) => tracing::warn!(entries, "actions were refused again and again"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping has to wait: the database does not answer"),
    }
}

fn has_to_wait(error: &crm_core::Error) {
    tracing::warn!(error = error as &dyn std::error::Error, "housekeeping has to wait");
}
