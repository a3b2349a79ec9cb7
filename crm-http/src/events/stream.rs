//! Server-sent events (WHATWG HTML, section 9.2).

use std::time::Duration;

use actix_web::web::Bytes;
use crm_core::CompanyScope;
use crm_core::events::{Commits, Event, EventPosition};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::problem::Failure;
use crate::service::{Limits, Service};

/// How many events are read at once.
const AT_ONCE: u64 = 100;
/// How often something is sent even so, before proxies give the connection up.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// When clients connect again.
const GREETING: &str = "retry: 2000\n\n";
const ALIVE: &str = ": alive\n\n";

/// Somebody who follows a company's events.
pub(super) struct Follower {
    scope: CompanyScope<'static>,
    place: EventPosition,
    commits: Commits,
    stopping: watch::Receiver<bool>,
    look_every: Duration,
    ends_at: Instant,
    greeted: bool,
}

impl Follower {
    /// Follows from `place` on.
    ///
    /// # Errors
    /// What the feed refuses, as long as it can still be told.
    pub async fn new(service: &Service, scope: CompanyScope<'static>, place: EventPosition) -> Result<Self, Failure> {
        // Listens before it looks for the first time: what is committed in between is heard.
        let (commits, stopping) = (service.crm().commits(), service.stopping());
        let Limits { stream_time, stream_look: look_every, .. } = service.limits();
        let ends_at = Instant::now() + stream_time;
        let mut follower = Self { scope, place, commits, stopping, look_every, ends_at, greeted: false };
        follower.scope.events().after(Some(place), 1).await?;
        Ok(follower)
    }

    /// What is sent.
    pub fn messages(self) -> impl Stream<Item = Result<Bytes, Failure>> {
        unfold(self, |mut follower| async move {
            let message = follower.next().await?;
            Some((Ok(Bytes::from(message)), follower))
        })
    }

    /// The next thing to send; nothing more once the time is over, the service stops, or the feed cannot be read. The client
    /// then connects again, and learns why where it matters.
    async fn next(&mut self) -> Option<String> {
        if !self.greeted {
            self.greeted = true;
            return Some(GREETING.to_owned());
        }
        let alive_at = (Instant::now() + ALIVE_EVERY).min(self.ends_at);
        loop {
            let feed = self.scope.events().after(Some(self.place), AT_ONCE).await;
            let feed = feed.inspect_err(|error| tracing::warn!(%error, "a stream of events breaks off")).ok()?;
            self.place = feed.cursor;
            if !feed.events.is_empty() {
                return Some(feed.events.iter().map(|(place, event)| message(*place, event)).collect());
            }
            if feed.has_more {
                continue;
            }
            tokio::select! {
                // Whether somebody was heard or nobody: the next thing is to look.
                _ = timeout(self.look_every, self.commits.behind(self.place)) => {}
                () = sleep_until(alive_at) => return (Instant::now() < self.ends_at).then(|| ALIVE.to_owned()),
                () = stopped(&mut self.stopping) => return None,
            }
        }
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// An event has no line break in its JSON.
fn message(place: EventPosition, event: &Event) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {place}\nevent: {}\ndata: {data}\n\n", event.event_type)
}
