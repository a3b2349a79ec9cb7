//! Follows a company's events as they happen.
//!
//! Followers of the same company share one reader: the first that is notified reads for all. A follower that is too
//! slow reads from the database, one at a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::viewer::Viewer;
use super::{EventPosition, FeedEvent};
use crate::base::error::{Error, Result};
use crate::scope::CompanyScope;
use crate::scope::live::Live;

/// The maximum number of events per call.
const AT_ONCE: usize = 100;

/// Receives a company's events as they happen. Obtained from [`CompanyScope::follow`].
pub struct Follower {
    scope: CompanyScope<'static>,
    viewer: Viewer,
    live: Arc<Live>,
    notified: watch::Receiver<u64>,
    look_every: Duration,
    /// The last position of the feed when this follower started.
    began_at: i64,
    position: i64,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl CompanyScope<'static> {
    /// Follows the company's events after a position; from now on without one. Commits of this process and calls of
    /// [`Crm::wake`] are noticed at once, other writes within `look_every`.
    ///
    /// The actor sees what they see at the time of the call. Any number of followers of a company cost the database as
    /// much as one, as long as they keep up.
    ///
    /// [`Crm::wake`]: crate::Crm::wake
    ///
    /// # Errors
    /// As [`Events::after`](super::Events::after).
    pub async fn follow(mut self, position: Option<EventPosition>, look_every: Duration) -> Result<Follower> {
        // Subscribes before the first read, so that no commit in between is missed.
        let live = self.crm.0.live.get(self.company_id());
        let notified = live.notified.subscribe();
        let latest = self.events().latest().await?;
        let position = position.map_or(Ok(latest), |position| position.not_beyond(latest))?;
        let viewer = Viewer::of(&self).await?;
        let (began_at, position) = (latest.position, position.position);
        Ok(Follower { scope: self, viewer, live, notified, look_every, began_at, position })
    }
}

/// Keeps waiting while the database is down.
fn waiting(events: Result<Vec<FeedEvent>>) -> Result<Vec<FeedEvent>> {
    match events {
        Err(error @ (Error::Unavailable(_) | Error::CompanyBusy)) => {
            tracing::debug!(%error, "a follower of events waits for the database");
            Ok(Vec::new())
        }
        events => events,
    }
}

impl Follower {
    /// The position of this follower. It may be after events that are private to other users.
    #[must_use]
    pub fn position(&self) -> EventPosition {
        EventPosition { company: self.scope.company_id(), position: self.position }
    }

    /// The next events, oldest first; waits until there are some. Cancel safe.
    ///
    /// It keeps waiting while the database is down.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`] once the company is suspended or deleted.
    pub async fn next(&mut self) -> Result<Vec<FeedEvent>> {
        loop {
            let events = self.ready().await?;
            if !events.is_empty() {
                return Ok(events);
            }
            self.woken().await;
        }
    }

    /// The next events that already exist, if any.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub async fn ready(&mut self) -> Result<Vec<FeedEvent>> {
        // Notifications from here on are seen by `woken`.
        self.notified.mark_unchanged();
        loop {
            if let Some(events) = self.read_shared().await? {
                return Ok(events);
            }
            if self.viewer.is_narrowed() {
                return waiting(self.catch_up().await);
            }
            let events = self.catch_up().await?;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Waits until there may be more events than the last call of [`Follower::ready`] found.
    pub async fn woken(&mut self) {
        // Notified or not: read next.
        let _ = timeout(self.look_every, self.notified.changed()).await;
    }

    /// Reads from the events shared by all followers; `None` if this follower is too slow.
    async fn read_shared(&mut self) -> Result<Option<Vec<FeedEvent>>> {
        // Only the database knows what the company's record access shows.
        if self.viewer.is_narrowed() {
            return Ok(None);
        }
        let mut recent = self.live.recent.lock().await;
        let count = *self.live.notified.borrow();
        if recent.is_due(count, self.look_every, self.began_at) {
            let company = self.scope.company().await.map(|company| company.id);
            let pool = self.scope.pool().ok_or_else(|| Error::internal("a host's transaction follows nothing"))?;
            let outcome = match company {
                Ok(company) => match self.scope.slot().await {
                    Ok(_slot) => recent.read_on((&self.scope.crm, pool), company, &self.live).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            match outcome {
                // Marked, so that other followers do not fail as well.
                Err(error @ (Error::Unavailable(_) | Error::CompanyBusy)) => {
                    tracing::debug!(%error, "followers of events wait for the database");
                    recent.has_read(count);
                }
                outcome => outcome?,
            }
        }
        let Some((events, position)) = recent.after(self.position, AT_ONCE, &self.viewer) else {
            return Ok(None);
        };
        self.position = position;
        Ok(Some(events))
    }

    /// Reads events that are no longer in the shared buffer.
    async fn catch_up(&mut self) -> Result<Vec<FeedEvent>> {
        let position = self.position();
        let live = Arc::clone(&self.live);
        let _alone = live.catching_up.lock().await;
        let feed = self.scope.events().after(Some(position), AT_ONCE as u64).await?;
        self.position = feed.cursor.position;
        Ok(feed.events.into_iter().map(|(position, event)| FeedEvent::new(position, event)).collect())
    }
}
