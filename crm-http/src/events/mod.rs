//! The change feed: page by page, and as it happens.

mod cursor;
mod handlers;
mod open_streams;
mod stream;

use crm_core::events::{Event, EventFeed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub use cursor::CursorKey;
pub use open_streams::StreamLimits;
pub(crate) use open_streams::{OpenStreams, describe_metrics};

/// Events, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventList {
    /// The events, the oldest first.
    pub data: Vec<Event>,
    /// What to pass as `after` for the events that come next. Opaque, and another text each time.
    pub cursor: String,
    /// True if there are more already.
    pub has_more: bool,
}

impl EventList {
    fn of(feed: EventFeed, key: &CursorKey) -> Self {
        let (cursor, has_more) = (key.seal(feed.cursor), feed.has_more);
        Self { data: feed.events.into_iter().map(|(_, event)| event).collect(), cursor, has_more }
    }
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(handlers::list_events).service(handlers::stream_events);
}
