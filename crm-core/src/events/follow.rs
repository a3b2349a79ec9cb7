//! Following a company's events as they happen.
//!
//! Those who follow the same company share one reader: the first that is woken reads on for all. A follower who is too slow
//! for that reads from the database, one at a time.

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

/// How many events a follower is given at once.
const AT_ONCE: usize = 100;

/// A reader who is told a company's events as they happen. Obtained from [`CompanyScope::follow`].
pub struct Follower {
    scope: CompanyScope<'static>,
    viewer: Viewer,
    live: Arc<Live>,
    bell: watch::Receiver<u64>,
    look_every: Duration,
    /// How far the feed reached when this began.
    began_at: i64,
    position: i64,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl CompanyScope<'static> {
    /// Follows the company's events from a place on; from now on without one. Commits of this process, and what [`Crm::wake`]
    /// tells of, are noticed at once, everything else once in `look_every`.
    ///
    /// The rights of the actor are those of this moment. Any number of followers of a company cost the database as much as
    /// one, as long as they keep up.
    ///
    /// [`Crm::wake`]: crate::Crm::wake
    ///
    /// # Errors
    /// As [`Events::after`](super::Events::after).
    pub async fn follow(mut self, position: Option<EventPosition>, look_every: Duration) -> Result<Follower> {
        // Listens before it looks for the first time: what is committed in between is heard.
        let live = self.crm.0.live.get(self.company_id());
        let bell = live.bell.subscribe();
        let latest = self.events().latest().await?;
        let position = position.map_or(Ok(latest), |position| position.not_beyond(latest))?;
        let viewer = Viewer::of(&self).await?;
        let (began_at, position) = (latest.position, position.position);
        Ok(Follower { scope: self, viewer, live, bell, look_every, began_at, position })
    }
}

impl Follower {
    /// How far it has come. That may be behind events which it was not told of, because they are private to others.
    #[must_use]
    pub fn position(&self) -> EventPosition {
        EventPosition { company: self.scope.company_id(), position: self.position }
    }

    /// The next events, the oldest first: waits until there are some. May be given up and called again.
    ///
    /// While the database is away it goes on waiting.
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

    /// The next events that there are already, if any.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub async fn ready(&mut self) -> Result<Vec<FeedEvent>> {
        // What is told from here on is heard by `woken`.
        self.bell.mark_unchanged();
        loop {
            if let Some(events) = self.look().await? {
                return Ok(events);
            }
            let events = self.catch_up().await?;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Waits until there may be more than the last call of [`Follower::ready`] has found.
    pub async fn woken(&mut self) {
        // Woken or not: the next thing is to look.
        let _ = timeout(self.look_every, self.bell.changed()).await;
    }

    /// What all followers are told; `None` if this one is too slow for that.
    async fn look(&mut self) -> Result<Option<Vec<FeedEvent>>> {
        let mut recent = self.live.recent.lock().await;
        let rings = *self.live.bell.borrow();
        if recent.is_due(rings, self.look_every, self.began_at) {
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
                // The others need not find that out as well.
                Err(error @ (Error::Unavailable(_) | Error::CompanyBusy)) => {
                    tracing::debug!(%error, "those who follow events wait for the database");
                    recent.has_looked(rings);
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

    /// What is not kept for all followers any more.
    async fn catch_up(&mut self) -> Result<Vec<FeedEvent>> {
        let position = self.position();
        let live = Arc::clone(&self.live);
        let _alone = live.catching_up.lock().await;
        let feed = self.scope.events().after(Some(position), AT_ONCE as u64).await?;
        self.position = feed.cursor.position;
        Ok(feed.events.into_iter().map(|(position, event)| FeedEvent::new(position, event)).collect())
    }
}
