//! Wake-ups: tasks that wait for events are told when to look.
//!
//! A wake-up may be lost, come twice or come without cause. A task that relies on all events looks now and then besides.

use tokio::sync::watch;

use super::Crm;
use super::event_position::EventPosition;
use crate::base::ids::CompanyId;

/// Why a task that waits for events should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification {
    /// Something was committed in a company. What this process commits tells so by itself; a host may tell it of its own
    /// transactions, once they are committed.
    Committed(CompanyId),
    /// A company's feed has come as far as this, as another process tells.
    Reached(EventPosition),
    /// There may be something new in a company that another process has written.
    Elsewhere(CompanyId),
    /// What other processes tell may have been missed for a while.
    Missed,
}

/// Tells when this process, or a host that told it so, has committed something. Those who follow one company have
/// [`CompanyScope::follow`](crate::CompanyScope::follow).
#[derive(Debug)]
pub struct EventNotifier(watch::Receiver<u64>);

/// Wakes [`EventNotifier`] and those who follow the company.
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

    /// Waits until this process, or a host that told it so, has committed something in any company. Many commits that were
    /// made meanwhile are one. May wake without cause.
    pub async fn here(&mut self) {
        if self.0.changed().await.is_err() {
            // Nothing is committed any more.
            std::future::pending().await
        }
    }
}
