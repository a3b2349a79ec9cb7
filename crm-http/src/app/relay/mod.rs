//! Sends events to Redis: into a stream for other programs, and as wake-ups for the other instances.
//!
//! The outbox stays the truth. The stream is a copy with at-least-once delivery. A wake-up contains the latest position
//! of a company's feed, and may be lost: instances read the database, and also poll. For readers of the stream see
//! `docs/events.md`.

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

use crm_web::redis::Redis;
use crm_web::streams::CursorKey;
use forward::Forwarder;
use stream::Stream;
use wake_ups::WakeUps;

/// The name of the relay as a consumer of the outbox; see [`Crm::deliver`].
pub const CONSUMER: &str = "crm-http:redis";

/// How long forwarding may take at shutdown. After that, the next relay sends the rest again.
const END_WITHIN: Duration = Duration::from_secs(5);

/// The targets of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayOptions {
    /// The key of the stream. Wake-ups use channels with the same name followed by `:` and the company's id.
    pub stream: String,
    /// The approximate maximum number of events in the stream; with zero only wake-ups are sent.
    pub length: u64,
    /// The interval of polling the outbox for writes of other processes and of hosts' transactions.
    pub look_every: Duration,
}

impl Default for RelayOptions {
    /// The last 100,000 events in `crm:events`, polling every second.
    fn default() -> Self {
        Self { stream: "crm:events".to_owned(), length: 100_000, look_every: Duration::from_secs(1) }
    }
}

/// Forwards events to Redis, and wakes local followers when other instances do. Dropping it aborts that without losing
/// events; [`Relay::end`] also avoids sending events twice.
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
    /// Starts the relay. Any number of processes can run one: they share the work. Redis need not be available yet.
    /// Positions are sealed with the key, which is that of the service.
    #[must_use]
    pub fn start(
        crm: Crm,
        database: DatabaseConnection,
        redis: Redis,
        cursor_key: CursorKey,
        options: RelayOptions,
    ) -> Self {
        metrics::describe();
        let stopping = watch::Sender::new(false);
        let listening = WakeUps::new(crm.clone(), cursor_key.clone()).listen(redis.clone(), &options.stream);
        let look_every = options.look_every;
        let forwarder = Forwarder::new(crm, database, Stream::new(redis, cursor_key, options));
        let forwarding = tokio::spawn(forwarder.run(look_every, stopping.subscribe()));
        Self { stopping, forwarding, listening: tokio::spawn(listening) }
    }

    /// Stops it after the current delivery, within seconds in any case.
    pub async fn end(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(END_WITHIN, &mut self.forwarding).await.is_err() {
            tracing::warn!("the relay was stopped; events that were being forwarded are sent again");
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.forwarding.abort();
        self.listening.abort();
    }
}

/// Waits until the relay is to stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // The sender was dropped, which also stops everything.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
