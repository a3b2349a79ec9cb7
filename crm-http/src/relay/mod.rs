//! Events leave the service: into a stream in Redis for other programs, and as wake-ups for the other instances.
//!
//! The outbox stays the truth. The stream is a copy of it that comes at least once; a wake-up says how far a company's feed
//! reaches, and may be lost: an instance that is woken reads the database, and it also reads now and then by itself. See
//! `docs/events.md` for those who read the stream.

mod backoff;
mod forward;
mod metrics;
mod stream;
mod wake_ups;

use std::fmt;
use std::time::Duration;

use crm_core::Crm;
use crm_core::sea_orm::DatabaseConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use metrics::describe as describe_metrics;

use crate::events::CursorKey;
use crate::redis::Redis;
use forward::Forwarder;
use stream::Stream;
use wake_ups::Listener;

/// The name under which the relay keeps its place in the outbox; see [`Crm::deliver`].
pub const CONSUMER: &str = "crm-http:redis";

/// How long forwarding may take once the relay is to end. After that, the next relay sends the rest again.
const END_WITHIN: Duration = Duration::from_secs(5);

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayOptions {
    /// The key of the stream. Wake-ups go to channels that are called the same with `:` and the company's id behind.
    pub stream: String,
    /// About how many events the stream keeps; with zero nothing is written there, and only wake-ups are sent.
    pub length: u64,
    /// How often the outbox is looked at for what other processes and hosts' transactions have written.
    pub look_every: Duration,
}

impl Default for RelayOptions {
    /// The last 100,000 events in `crm:events`; a look every second.
    fn default() -> Self {
        Self { stream: "crm:events".to_owned(), length: 100_000, look_every: Duration::from_secs(1) }
    }
}

/// Forwards events to Redis, and wakes those who follow events here when others do so. Dropping it breaks that off, which
/// loses nothing; [`Relay::end`] does not repeat anything either.
pub struct Relay {
    stopping: watch::Sender<bool>,
    forwarding: JoinHandle<()>,
    listening: JoinHandle<()>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").finish_non_exhaustive()
    }
}

impl Relay {
    /// Begins. Any number of processes may do so: they share the work. Redis need not be there yet. Positions are sealed with
    /// the key, which is the service's own.
    #[must_use]
    pub fn start(
        crm: Crm,
        database: DatabaseConnection,
        redis: Redis,
        cursor_key: CursorKey,
        options: RelayOptions,
    ) -> Self {
        let stopping = watch::Sender::new(false);
        let listener = Listener::new(crm.clone(), redis.clone(), cursor_key.clone(), options.stream.clone());
        let listening = listener.listen(stopping.subscribe());
        let look_every = options.look_every;
        let forwarder = Forwarder::new(crm, database, Stream::new(redis, cursor_key, options));
        let forwarding = tokio::spawn(forwarder.run(look_every, stopping.subscribe()));
        Self { stopping, forwarding, listening: tokio::spawn(listening) }
    }

    /// Ends it once what is under way is done, and within seconds in any case.
    pub async fn end(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(END_WITHIN, &mut self.forwarding).await.is_err() {
            tracing::warn!("the relay breaks off; events that were being forwarded come again");
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.forwarding.abort();
        self.listening.abort();
    }
}

/// Waits until the relay is to end.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // One that is gone without a word has been dropped, and ends everything.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
