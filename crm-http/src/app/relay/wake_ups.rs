//! Receives wake-ups of other instances for local followers.

use crm_core::Crm;
use crm_core::events::Notification;
use crm_core::ids::CompanyId;
use deadpool_redis::redis::Msg;

use super::stream::channel;
use crm_web::redis::{Channels, CommandError, Listener, Redis, listen};
use crm_web::streams::CursorKey;

/// Receives wake-ups of other instances, and wakes local followers.
pub(super) struct WakeUps {
    crm: Crm,
    cursor_key: CursorKey,
}

impl WakeUps {
    pub(super) const fn new(crm: Crm, cursor_key: CursorKey) -> Self {
        Self { crm, cursor_key }
    }

    /// Listens until it is dropped. While Redis is down, followers poll as always.
    pub(super) fn listen(self, redis: Redis, stream: &str) -> impl Future<Output = ()> + use<> {
        listen(redis, Channels::Matching(channel(stream, "*")), self)
    }
}

impl Listener for WakeUps {
    const LOST: &'static str = "wake-ups of other instances are not received: followers poll";
    const FOUND: &'static str = "wake-ups of other instances are received again";

    async fn subscribed(&mut self) -> Result<(), CommandError> {
        // Wake-ups sent before this moment are lost.
        self.crm.wake(Notification::Missed);
        Ok(())
    }

    /// A position that was sealed with another key still belongs to the company of its channel.
    fn received(&mut self, message: &Msg) {
        let company = message.get_channel_name().rsplit(':').next().and_then(|id| id.parse::<CompanyId>().ok());
        let Some(company) = company else {
            return;
        };
        let position = message.get_payload::<String>().ok().and_then(|text| self.cursor_key.open(company, &text));
        self.crm.wake(position.map_or(Notification::Elsewhere(company), Notification::Reached));
    }
}
