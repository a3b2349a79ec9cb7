//! Reading events.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};
use crm_core::events::EventPosition;
use serde::Deserialize;
use utoipa::IntoParams;

use super::EventList;
use super::stream::EventStream;
use crate::answer::{ApiResponse, ApiResult};
use crate::auth::Caller;
use crate::problem::responses::ReadErrors;
use crate::problem::{ApiError, Code};
use crate::request::Query;
use crate::service::Service;

/// How many events there are on a page without asking.
const DEFAULT_EVENTS: u64 = 100;
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Where in the feed, and how much.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedParameters {
    /// The `cursor` of the events before, or the `id` of an event of the stream. Without it, from the first event on.
    #[param(nullable = false)]
    after: Option<String>,
    /// How many events at most.
    #[param(minimum = 1, maximum = 1000, default = 100, nullable = false)]
    limit: Option<u64>,
}

/// List events
///
/// What has happened to your company's records, the oldest first: CloudEvents 1.0 that name the record, its version and the
/// fields that changed, and no values. Each event is in the feed once; pass `cursor` as `after` to go on, as often as you
/// like and from wherever you like. Events of your private notes are in your own feed only, and events of records that you may
/// not read in none. For those who may read all customers.
#[utoipa::path(
    tag = "events",
    params(FeedParameters),
    responses((status = 200, description = "Events, and where to go on", body = EventList), ReadErrors),
)]
#[get("/events")]
pub(super) async fn list_events(caller: Caller, query: Query<FeedParameters>) -> ApiResult {
    let FeedParameters { after, limit } = query.0;
    let limit = limit.unwrap_or(DEFAULT_EVENTS);
    if !(1..=crm_core::events::MAX_EVENTS).contains(&limit) {
        return Err(ApiError::of_parameter(Code::LimitInvalid, "limit", "limit is 1 to 1000"));
    }
    let after = after.map(|cursor| opened(&caller, "after", &cursor)).transpose()?;
    let feed = caller.scope().events().after(after, limit).await?;
    Ok(ApiResponse::ok(&EventList::of(feed, caller.cursor_key()))?)
}

/// Where a stream begins.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParameters {
    /// The `cursor` of a list of events, to go on from there. Without it, and without `Last-Event-ID`, from now on.
    #[param(nullable = false)]
    after: Option<String>,
}

/// Follow events
///
/// The same events as they happen, as server-sent events: `id` is the place in the feed, `event` the type, `data` the
/// CloudEvent. The stream ends after some minutes, so that your rights are looked at again: connect again with
/// `Last-Event-ID`, as browsers do by themselves, and nothing is missed. A user, and a company, may have some streams open at
/// once; one more is refused (`too_many_streams`).
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
    let position = position(&request, &caller, query.0)?;
    let stream = EventStream::open(&Service::of(&request)?, caller.scope(), position).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // What is compressed is kept back until there is enough of it; so do proxies that buffer.
        .insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream.messages()))
}

/// What the client has seen last: the header counts, because a browser repeats the URL it began with.
fn position(
    request: &HttpRequest,
    caller: &Caller,
    parameters: StreamParameters,
) -> Result<Option<EventPosition>, ApiError> {
    match request.headers().get(LAST_EVENT_ID).filter(|header| !header.is_empty()) {
        Some(header) => opened(caller, LAST_EVENT_ID, header.to_str().unwrap_or_default()).map(Some),
        None => parameters.after.map(|cursor| opened(caller, "after", &cursor)).transpose(),
    }
}

fn opened(caller: &Caller, parameter: &str, cursor: &str) -> Result<EventPosition, ApiError> {
    let invalid = "this is no cursor of the company's events; pass one unchanged";
    let position = caller.cursor_key().open(caller.actor().company(), cursor);
    position.ok_or_else(|| ApiError::of_parameter(Code::CursorInvalid, parameter, invalid))
}
