//! From the channels of other instances to those who follow events here.

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
use crate::events::CursorKey;
use crate::redis::{CommandError, Redis};

/// How long Redis may take to be subscribed to, or to answer whether it is still there.
const PATIENCE: Duration = Duration::from_secs(5);
/// After so much silence it is asked: a host that is gone does not say so.
const SILENCE: Duration = Duration::from_secs(10);

/// Hears what other instances tell, and wakes those who follow events here.
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

    /// Listens until it is told to stop. While Redis is away, those who follow events look now and then as they always do.
    pub(super) async fn listen(self, mut stopping: watch::Receiver<bool>) {
        let (mut backoff, mut is_deaf) = (Backoff::default(), false);
        let keep_listening = async {
            loop {
                match self.subscribe().await {
                    Ok(channels) => {
                        if std::mem::take(&mut is_deaf) {
                            tracing::info!("other instances are heard again");
                        }
                        backoff = Backoff::default();
                        // What was told before this moment is lost.
                        self.crm.wake(Notification::Missed);
                        self.pass_on(channels).await;
                    }
                    Err(trouble) if !std::mem::replace(&mut is_deaf, true) => {
                        tracing::warn!(%trouble, "other instances are not heard: their events are noticed later");
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

    /// Until the connection breaks.
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

    /// A place that cannot be read, because it was sealed with another key, is still about the company of its channel.
    fn wake(&self, message: &Msg) {
        let company = message.get_channel_name().rsplit(':').next().and_then(|id| id.parse::<CompanyId>().ok());
        let Some(company) = company else {
            return;
        };
        let position = message.get_payload::<String>().ok().and_then(|text| self.cursor_key.open(company, &text));
        self.crm.wake(position.map_or(Notification::Elsewhere(company), Notification::Reached));
    }
}
