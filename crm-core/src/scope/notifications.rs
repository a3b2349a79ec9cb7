//! Notifications: wake tasks that wait for events.
//!
//! A notification may be lost, repeated or spurious. A task that needs all events also polls from time to time.

use tokio::sync::watch;

use super::Crm;
use super::event_position::EventPosition;
use crate::base::ids::CompanyId;

/// The reason of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification {
    /// A commit in a company. Commits of this process notify automatically; a host may notify after its own commits.
    Committed(CompanyId),
    /// Another process reports that a company's feed has reached this position.
    Reached(EventPosition),
    /// Another process may have written events of this company.
    Elsewhere(CompanyId),
    /// Notifications of other processes may have been lost.
    Missed,
}

/// Notifies of commits in this process, and of [`Notification::Committed`]. To follow one company use
/// [`CompanyScope::follow`](crate::CompanyScope::follow).
#[derive(Debug)]
pub struct EventNotifier(watch::Receiver<u64>);

/// Wakes each [`EventNotifier`] and the followers of the company.
pub(crate) fn wake(crm: &Crm, why: Notification) {
    match why {
        Notification::Committed(company) => {
            crm.0.commits.send_modify(|commits| *commits += 1);
            crm.0.live.wake(company);
        }
        Notification::Reached(position) => crm.0.live.wake_behind(position),
        Notification::Elsewhere(company) => crm.0.live.wake(company),
        Notification::Missed => crm.0.live.wake_all(),
    }
}

impl EventNotifier {
    pub(crate) fn new(crm: &Crm) -> Self {
        Self(crm.0.commits.subscribe())
    }

    /// Waits for a commit in any company, in this process or reported by [`Notification::Committed`]. Several commits
    /// in the meantime count as one. May return spuriously.
    pub async fn here(&mut self) {
        if self.0.changed().await.is_err() {
            // The sender is gone: nothing more will be committed.
            std::future::pending().await
        }
    }
}
