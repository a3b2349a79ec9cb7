//! The change feed, page by page and as a live stream.

mod handlers;

use crm_core::events::{Event, EventFeed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::streams::CursorKey;

/// A page of events, and the cursor to continue from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventList {
    /// The events, oldest first.
    pub data: Vec<Event>,
    /// Pass it as `after` to get the next events. Opaque, and different with every answer.
    pub cursor: String,
    /// Whether there are more events already.
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
