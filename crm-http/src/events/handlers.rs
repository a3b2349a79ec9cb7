//! Reading events.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};
use crm_core::events::EventPosition;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{EventList, stream};
use crate::answer::{Answer, Handled};
use crate::auth::Caller;
use crate::problem::responses::Reading;
use crate::problem::{Code, Failure};
use crate::request::{Query, parsed};
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
/// like and from wherever you like. Events of your private notes are in your own feed only. For those who may read all
/// customers.
#[utoipa::path(
    tag = "events",
    operation_id = "listEvents",
    params(FeedParameters),
    responses(
        (status = 200, description = "Events, and where to go on", body = EventList),
        Reading,
    ),
)]
#[get("/events")]
pub(super) async fn list_events(caller: Caller, query: Query<FeedParameters>) -> Handled {
    let FeedParameters { after, limit } = query.0;
    let limit = limit.unwrap_or(DEFAULT_EVENTS);
    if !(1..=crm_core::events::MOST_EVENTS).contains(&limit) {
        return Err(Failure::of_parameter(Code::LimitInvalid, "limit", "limit is 1 to 1000"));
    }
    let feed = caller.scope().events().after(parsed::<EventPosition>(after)?, limit).await?;
    Ok(Answer::ok(&EventList::from(feed))?)
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
/// `Last-Event-ID`, as browsers do by themselves, and nothing is missed.
#[utoipa::path(
    tag = "events",
    operation_id = "streamEvents",
    params(
        StreamParameters,
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that was received"),
    ),
    responses(
        (status = 200, description = "Events as they happen",
            content((String = "text/event-stream"))),
        Reading,
    ),
)]
#[get("/events/stream")]
pub(super) async fn stream_events(
    request: HttpRequest,
    caller: Caller,
    query: Query<StreamParameters>,
) -> Result<HttpResponse, Failure> {
    let place = match place(&request, query.0)? {
        Some(place) => place,
        None => caller.scope().events().latest().await?,
    };
    let service = Service::of(&request)?;
    let follower = stream::Follower::new(&service, caller.scope(), place).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // What is compressed is kept back until there is enough of it; so do proxies that buffer.
        .insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(follower.messages()))
}

/// What the client has seen last: the header counts, because a browser repeats the URL it began with.
fn place(request: &HttpRequest, parameters: StreamParameters) -> Result<Option<EventPosition>, Failure> {
    let invalid = || Failure::of_parameter(Code::CursorInvalid, LAST_EVENT_ID, "this is no id of an event");
    match request.headers().get(LAST_EVENT_ID).filter(|header| !header.is_empty()) {
        Some(header) => header.to_str().ok().and_then(|text| text.parse().ok()).map(Some).ok_or_else(invalid),
        None => parsed(parameters.after),
    }
}
