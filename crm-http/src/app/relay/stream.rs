//! Writes events and wake-ups to Redis.

use std::time::Duration;

use crm_core::events::{Event, EventPosition};
use crm_core::ids::CompanyId;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, Pipeline, cmd};

use super::{RelayOptions, metrics};
use crm_web::redis::{CommandError, Redis};
use crm_web::streams::CursorKey;

/// The timeout of Redis: only the relay waits for it, and aborted writes would be sent again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The channel of one company, and the pattern of all channels.
pub(super) fn channel(stream: &str, company: impl std::fmt::Display) -> String {
    format!("{stream}:{company}")
}

/// The stream in Redis, and its channels.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    redis: Redis,
    cursor_key: CursorKey,
    options: RelayOptions,
}

impl Stream {
    pub(super) const fn new(redis: Redis, cursor_key: CursorKey, options: RelayOptions) -> Self {
        Self { redis, cursor_key, options }
    }

    /// A separate connection: commands of requests must not queue behind events.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, CommandError> {
        self.redis.connection_of_its_own(PATIENCE).await
    }

    /// Adds some events of a company in order, and then publishes a wake-up. Only the first step can fail.
    pub(super) async fn send(
        &self,
        mut redis: MultiplexedConnection,
        company: CompanyId,
        events: Vec<(EventPosition, Event)>,
    ) -> Result<(), CommandError> {
        if self.options.length > 0 {
            let mut additions = Pipeline::with_capacity(events.len());
            for (position, event) in &events {
                additions.add_command(self.addition(*position, event)?).ignore();
            }
            additions.query_async::<()>(&mut redis).await?;
        }
        if let Some((position, _)) = events.last() {
            let mut publish = cmd("PUBLISH");
            publish.arg(channel(&self.options.stream, company)).arg(self.cursor_key.seal(*position));
            if let Err(error) = publish.query_async::<()>(&mut redis).await {
                metrics::failed("wake_up");
                let error = CommandError::from(error);
                tracing::debug!(%error, "no wake-up was published; followers poll");
            }
        }
        Ok(())
    }

    fn addition(&self, position: EventPosition, event: &Event) -> Result<Cmd, CommandError> {
        let Event { id, event_type, companyid, .. } = event;
        let json = serde_json::to_string(event).map_err(|_| CommandError::Unwritable)?;
        let mut addition = cmd("XADD");
        addition.arg(&self.options.stream).arg("MAXLEN").arg("~").arg(self.options.length).arg("*");
        addition.arg("id").arg(id.to_string()).arg("type").arg(event_type).arg("companyid").arg(companyid.to_string());
        addition.arg("position").arg(self.cursor_key.seal(position)).arg("event").arg(json);
        Ok(addition)
    }
}
