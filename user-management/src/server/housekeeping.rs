//! Periodic housekeeping.

use std::time::Duration;

use crate::UserManagement;

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
