//! From the channels of other instances to those who follow events here.

use std::time::Duration;

use crm_core::Crm;
use crm_core::events::{EventPosition, WakeUp};
use deadpool_redis::redis::Msg;
use deadpool_redis::redis::aio::PubSub;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::backoff::Backoff;
use super::stopped;
use super::stream::channel;
use crate::redis::{Redis, Trouble};

/// How long Redis may take to be subscribed to, or to answer whether it is still there.
const PATIENCE: Duration = Duration::from_secs(5);
/// After so much silence it is asked: a host that is gone does not say so.
const SILENCE: Duration = Duration::from_secs(10);

/// Listens until it is told to stop. While Redis is away, those who follow events look now and then as they always do.
pub(super) async fn listen(crm: Crm, redis: Redis, stream: String, mut stopping: watch::Receiver<bool>) {
    let (mut backoff, mut is_deaf) = (Backoff::default(), false);
    let keep_listening = async {
        loop {
            match subscribe(&redis, &stream).await {
                Ok(channels) => {
                    if std::mem::take(&mut is_deaf) {
                        tracing::info!("other instances are heard again");
                    }
                    backoff = Backoff::default();
                    // What was told before this moment is lost.
                    crm.wake(WakeUp::Missed);
                    pass_on(channels, &crm).await;
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

async fn subscribe(redis: &Redis, stream: &str) -> Result<PubSub, Trouble> {
    let subscribing = async {
        let mut channels = redis.channels().await?;
        channels.psubscribe(channel(stream, "*")).await?;
        Ok(channels)
    };
    timeout(PATIENCE, subscribing).await.unwrap_or(Err(Trouble::Late))
}

/// Until the connection breaks.
async fn pass_on(channels: PubSub, crm: &Crm) {
    let (mut questions, mut messages) = channels.split();
    loop {
        match timeout(SILENCE, messages.next()).await {
            Ok(Some(message)) => wake(crm, &message),
            Ok(None) => return,
            Err(_) if matches!(timeout(PATIENCE, questions.ping::<()>()).await, Ok(Ok(()))) => {}
            Err(_) => return,
        }
    }
}

/// Whatever else is said there concerns nobody.
fn wake(crm: &Crm, message: &Msg) {
    let place = message.get_payload::<String>().ok().and_then(|text| text.parse::<EventPosition>().ok());
    if let Some(place) = place {
        crm.wake(WakeUp::Reached(place));
    }
}
