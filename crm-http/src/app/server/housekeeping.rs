//! Periodic housekeeping.

use std::time::Duration;

use crate::app::service::Service;
use crm_web::timeout::within;

const EVERY: Duration = Duration::from_secs(60);
/// The number of rounds between two deletions of expired rows.
const ROUNDS: u32 = 60;

/// Writes counted refusals to the audit trail and seals it every minute, and removes expired rows at the start and every hour.
/// Several instances can do so at once.
pub(super) async fn keep(service: Service) {
    let mut clock = tokio::time::interval(EVERY);
    for round in (0..ROUNDS).cycle() {
        clock.tick().await;
        if round == 0 {
            forget(&service).await;
        }
        record(&service).await;
        seal(&service).await;
    }
}

/// Writes the counted refusals before the service ends.
pub(super) async fn end(service: &Service) {
    record(service).await;
}

async fn forget(service: &Service) {
    match within(EVERY, service.crm().delete_old_jobs(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "old jobs were removed"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
    match within(EVERY, service.crm().delete_old_bulk_actions(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "old bulk actions were removed"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
    match within(EVERY, service.crm().delete_old_merges(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "old merges can no longer be undone"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
    match within(EVERY, service.crm().delete_old_imports(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "files of imports were removed"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
    match within(EVERY, service.crm().delete_old_notifications(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "old notifications were removed"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
    match within(EVERY, service.crm().delete_expired_keys(service.database())).await {
        Some(Ok(removed)) => tracing::debug!(removed, "expired idempotency keys were removed"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
}

async fn record(service: &Service) {
    match within(EVERY / 6, service.crm().record_repeated_refusals(service.database())).await {
        Some(Ok(0)) => {}
        Some(Ok(entries)) => tracing::warn!(entries, "actions were refused repeatedly"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the database does not answer"),
    }
}

async fn seal(service: &Service) {
    let chain = service.crm().audit_chain(service.database());
    match within(EVERY, chain.seal_all()).await {
        Some(Ok(entries)) => tracing::debug!(entries, "the audit trail is sealed"),
        Some(Err(error)) => has_to_wait(&error),
        None => tracing::warn!("housekeeping is delayed: the audit trail has much to be sealed"),
    }
}

fn has_to_wait(error: &crm_core::Error) {
    tracing::warn!(error = error as &dyn std::error::Error, "housekeeping is delayed");
}
