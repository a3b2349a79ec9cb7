//! Reading events.

use std::borrow::Cow;

use actix_web::{HttpRequest, HttpResponse, get};
use crm_core::events::{Event, FeedEvent};
use serde::Deserialize;
use utoipa::IntoParams;

use super::EventList;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::event_stream::{follow, position_of};
use crm_web::problem::responses::ReadErrors;
use crm_web::problem::{ApiError, Code};
use crm_web::request::Caller;
use crm_web::request::Query;
use crm_web::streams::CursorKey;

/// The default number of events on a page.
const DEFAULT_EVENTS: u64 = 100;

/// The position in the feed, and the number of events.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedParameters {
    /// The `cursor` of the previous list, or the `id` of an event of the stream. Without it the list starts with the
    /// first event.
    #[param(nullable = false)]
    after: Option<String>,
    /// The maximum number of events.
    #[param(minimum = 1, maximum = 1000, default = 100, nullable = false)]
    limit: Option<u64>,
}

/// List events
///
/// The changes of your company's records, oldest first, as CloudEvents 1.0. An event names the record, its version and
/// the fields that changed, but no values. Each event is in the feed once. Pass `cursor` as `after` to continue; you
/// can start again from any cursor. Events of your private notes are visible to you only, and events of records that
/// you may not read are left out. Requires the right to read all customers.
#[utoipa::path(
    tag = "events",
    params(FeedParameters),
    responses((status = 200, description = "A page of events, and the next cursor", body = EventList), ReadErrors),
)]
#[get("/events")]
pub(super) async fn list_events(caller: Caller, query: Query<FeedParameters>) -> ApiResult {
    let FeedParameters { after, limit } = query.0;
    let limit = limit.unwrap_or(DEFAULT_EVENTS);
    if !(1..=crm_core::events::MAX_EVENTS).contains(&limit) {
        return Err(ApiError::of_parameter(Code::LimitInvalid, "limit", "limit is 1 to 1000"));
    }
    let after = after.map(|cursor| position_of(&caller, "after", &cursor)).transpose()?;
    let feed = caller.scope().events().after(after, limit).await?;
    Ok(ApiResponse::ok(&EventList::of(feed, caller.cursor_key()))?)
}

/// The position at which a stream starts.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParameters {
    /// The `cursor` of a list of events, to continue from there. Without it, and without `Last-Event-ID`, the stream
    /// starts now.
    #[param(nullable = false)]
    after: Option<String>,
}

/// Follow events
///
/// The same events as server-sent events: `id` is the position in the feed, `event` the type, `data` the CloudEvent.
/// The stream ends after some minutes, so that your rights are checked again. Reconnect with `Last-Event-ID`, as
/// browsers do, and no event is missed. The number of open streams per user and per company is limited
/// (`too_many_streams`).
#[utoipa::path(
    tag = "events",
    params(
        StreamParameters,
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that was received"),
    ),
    responses((status = 200, description = "Events as they happen", content((String = "text/event-stream"))), ReadErrors),
)]
#[get("/events/stream")]
pub(super) async fn stream_events(
    request: HttpRequest,
    caller: Caller,
    query: Query<StreamParameters>,
) -> Result<HttpResponse, ApiError> {
    follow(&request, &caller, (query.0.after.as_deref(), None), message).await
}

/// The message of an event, the same for all clients. Its JSON contains no line breaks.
fn message<'e>(key: &CursorKey, event: &'e FeedEvent) -> Cow<'e, str> {
    let write = |position, event: &Event| {
        let data = serde_json::to_string(event).unwrap_or_default();
        format!("id: {}\nevent: {}\ndata: {data}\n\n", key.seal(position), event.event_type)
    };
    event.text(write).into()
}
