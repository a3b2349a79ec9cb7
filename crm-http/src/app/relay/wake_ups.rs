//! Receives wake-ups of other instances for local followers.

use std::time::Duration;

use crm_core::Crm;
use crm_core::events::Notification;
use crm_core::ids::CompanyId;
use deadpool_redis::redis::Msg;
use deadpool_redis::redis::aio::PubSub;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::backoff::Backoff;
use super::stopped;
use super::stream::channel;
use crm_web::redis::{CommandError, Redis};
use crm_web::streams::CursorKey;

/// The timeout of subscribing to Redis, and of a ping.
const PATIENCE: Duration = Duration::from_secs(5);
/// The interval of pings without messages: a host that vanished does not close the connection.
const SILENCE: Duration = Duration::from_secs(10);

/// Receives wake-ups of other instances, and wakes local followers.
pub(super) struct Listener {
    crm: Crm,
    redis: Redis,
    cursor_key: CursorKey,
    stream: String,
}

impl Listener {
    pub(super) const fn new(crm: Crm, redis: Redis, cursor_key: CursorKey, stream: String) -> Self {
        Self { crm, redis, cursor_key, stream }
    }

    /// Listens until it is told to stop. While Redis is down, followers poll as always.
    pub(super) async fn listen(self, mut stopping: watch::Receiver<bool>) {
        let (mut backoff, mut is_deaf) = (Backoff::default(), false);
        let keep_listening = async {
            loop {
                match self.subscribe().await {
                    Ok(channels) => {
                        if std::mem::take(&mut is_deaf) {
                            tracing::info!("wake-ups of other instances are received again");
                        }
                        backoff = Backoff::default();
                        // Wake-ups sent before this moment are lost.
                        self.crm.wake(Notification::Missed);
                        self.pass_on(channels).await;
                    }
                    Err(error) if !std::mem::replace(&mut is_deaf, true) => {
                        tracing::warn!(%error, "wake-ups of other instances are not received: followers poll");
                    }
                    Err(_) => {}
                }
                sleep(backoff.next()).await;
            }
        };
        tokio::select! {
            () = keep_listening => {}
            () = stopped(&mut stopping) => {}
        }
    }

    async fn subscribe(&self) -> Result<PubSub, CommandError> {
        let subscribing = async {
            let mut channels = self.redis.channels().await?;
            channels.psubscribe(channel(&self.stream, "*")).await?;
            Ok(channels)
        };
        timeout(PATIENCE, subscribing).await.unwrap_or(Err(CommandError::Late))
    }

    /// Listens until the connection breaks.
    async fn pass_on(&self, channels: PubSub) {
        let (mut questions, mut messages) = channels.split();
        loop {
            match timeout(SILENCE, messages.next()).await {
                Ok(Some(message)) => self.wake(&message),
                Ok(None) => return,
                Err(_) if matches!(timeout(PATIENCE, questions.ping::<()>()).await, Ok(Ok(()))) => {}
                Err(_) => return,
            }
        }
    }

    /// A position that was sealed with another key still belongs to the company of its channel.
    fn wake(&self, message: &Msg) {
        let company = message.get_channel_name().rsplit(':').next().and_then(|id| id.parse::<CompanyId>().ok());
        let Some(company) = company else {
            return;
        };
        let position = message.get_payload::<String>().ok().and_then(|text| self.cursor_key.open(company, &text));
        self.crm.wake(position.map_or(Notification::Elsewhere(company), Notification::Reached));
    }
}
