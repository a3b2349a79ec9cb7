//! Listens to channels of Redis for as long as the process runs.

use std::time::Duration;

use deadpool_redis::redis::Msg;
use deadpool_redis::redis::aio::PubSub;
use futures_util::StreamExt;
use tokio::time::{sleep, timeout};

use super::{CommandError, Redis};
use crate::backoff::Backoff;

/// The timeout of subscribing to Redis, and of a ping.
const PATIENCE: Duration = Duration::from_secs(5);
/// The interval of pings without messages: a host that vanished does not close the connection.
const SILENCE: Duration = Duration::from_secs(10);

/// The channels of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// The channel with this name.
    Named(String),
    /// All channels that match this pattern.
    Matching(String),
}

/// Receives the messages of a subscription.
pub trait Listener: Send {
    /// Logged once when messages are not received any more.
    const LOST: &'static str;
    /// Logged once when they are received again.
    const FOUND: &'static str;

    /// Called after every subscription. What was sent before is lost; what is sent meanwhile is received afterwards.
    ///
    /// # Errors
    /// The reason why this subscription is of no use; another one is made later.
    fn subscribed(&mut self) -> impl Future<Output = Result<(), CommandError>> + Send;

    /// A message.
    fn received(&mut self, message: &Msg);

    /// Called when a subscription has ended.
    fn ended(&mut self) {}
}

/// Listens until it is dropped. While Redis is down it tries again with growing delays.
pub async fn listen(redis: Redis, channels: Channels, mut listener: impl Listener) {
    let (mut backoff, mut is_deaf) = (Backoff::default(), false);
    loop {
        match begin(&redis, &channels, &mut listener).await {
            Ok(subscription) => {
                if std::mem::take(&mut is_deaf) {
                    tracing::info!("{}", found(&listener));
                }
                backoff = Backoff::default();
                pass_on(subscription, &mut listener).await;
                listener.ended();
            }
            Err(error) if !std::mem::replace(&mut is_deaf, true) => tracing::warn!(%error, "{}", lost(&listener)),
            Err(_) => {}
        }
        sleep(backoff.next()).await;
    }
}

const fn lost<L: Listener>(_: &L) -> &'static str {
    L::LOST
}

const fn found<L: Listener>(_: &L) -> &'static str {
    L::FOUND
}

/// Subscribes first, so that the listener misses nothing while it reads what was before.
async fn begin(redis: &Redis, channels: &Channels, listener: &mut impl Listener) -> Result<PubSub, CommandError> {
    let beginning = async {
        let mut subscription = redis.channels().await?;
        match channels {
            Channels::Named(name) => subscription.subscribe(name).await?,
            Channels::Matching(pattern) => subscription.psubscribe(pattern).await?,
        }
        listener.subscribed().await?;
        Ok(subscription)
    };
    timeout(PATIENCE, beginning).await.unwrap_or(Err(CommandError::Late))
}

/// Listens until the connection breaks.
async fn pass_on(subscription: PubSub, listener: &mut impl Listener) {
    let (mut questions, mut messages) = subscription.split();
    loop {
        match timeout(SILENCE, messages.next()).await {
            Ok(Some(message)) => listener.received(&message),
            Ok(None) => return,
            Err(_) if matches!(timeout(PATIENCE, questions.ping::<()>()).await, Ok(Ok(()))) => {}
            Err(_) => return,
        }
    }
}
