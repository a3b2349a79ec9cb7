//! Wake-ups: whoever waits for events is told when to look.
//!
//! A wake-up may be lost, come twice or come without cause. Whoever relies on all events looks now and then besides.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::Crm;
use super::event_position::EventPosition;
use crate::base::ids::CompanyId;

/// Why somebody who waits for events should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WakeUp {
    /// Something was committed in a company. What this process commits tells so by itself; a host may tell it of its own
    /// transactions, once they are committed.
    Committed(CompanyId),
    /// A company's feed has come as far as this, as another process tells.
    Reached(EventPosition),
    /// What other processes tell may have been missed for a while.
    Missed,
}

/// Tells when there may be something new. What other processes and hosts' transactions commit, it tells only where
/// somebody passes it on with [`Crm::wake`].
#[derive(Debug)]
pub struct Commits(Receiver<WakeUp>);

impl Crm {
    /// From now on, what this process commits, and what it is told of.
    #[must_use]
    pub fn commits(&self) -> Commits {
        Commits(self.0.commits.subscribe())
    }

    /// Wakes those who wait for [`Commits`]. They look for themselves: a wake-up without cause costs a look, and does no harm.
    pub fn wake(&self, why: WakeUp) {
        // That nobody waits is no fault.
        let _ = self.0.commits.send(why);
    }
}

impl Commits {
    /// Waits until something was committed in a company. May wake without cause.
    pub async fn of(&mut self, company: CompanyId) {
        self.until(|why| match why {
            WakeUp::Committed(committed) => committed == company,
            WakeUp::Reached(place) => place.company == company,
            WakeUp::Missed => true,
        })
        .await;
    }

    /// Waits until there may be an event behind this place. May wake without cause, but not for what stands before it.
    pub async fn behind(&mut self, place: EventPosition) {
        self.until(|why| match why {
            WakeUp::Committed(committed) => committed == place.company,
            WakeUp::Reached(reached) => reached.company == place.company && reached.position > place.position,
            WakeUp::Missed => true,
        })
        .await;
    }

    /// Waits until this process, or a host that told it so, has committed something in any company. Many commits that were
    /// made meanwhile are one. May wake without cause.
    pub async fn here(&mut self) {
        self.until(|why| matches!(why, WakeUp::Committed(_))).await;
        // One look finds all of them.
        while matches!(self.0.try_recv(), Ok(_) | Err(TryRecvError::Lagged(_))) {}
    }

    async fn until(&mut self, counts: impl Fn(WakeUp) -> bool) {
        loop {
            match self.0.recv().await {
                Ok(why) if !counts(why) => {}
                // Who was too slow to hear everything has to look.
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
