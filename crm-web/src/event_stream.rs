//! A company's events as server-sent events (WHATWG HTML, section 9.2).

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use crm_core::CompanyScope;
use crm_core::events::{EventPosition, FeedEvent, Follower};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::auth::TokenWatch;
use crate::problem::{ApiError, Code};
use crate::request::Caller;
use crate::service::{Limits, Service};
use crate::streams::{CursorKey, Seat};

/// The interval of keep-alives, before proxies close the connection.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// The delay before clients reconnect.
const GREETING: &str = "retry: 2000\n\n";

/// The header in which browsers send the id of the last event.
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// Writes an event as a message of a stream.
pub type MessageWriter = for<'e> fn(&CursorKey, &'e FeedEvent) -> Cow<'e, str>;

/// The longest name of a tab.
const LONGEST_TAB: usize = 64;
/// The last message of a stream in whose place another one of the same tab has come.
const REPLACED: &str = "event: replaced\ndata: {}\n\n";

/// Follows the company's events for the caller, from the id in the header on, else from `after`, else from now on. The
/// number of streams is limited, and each ends after some minutes, so that rights are checked again. A browser names its
/// `tab`, which has one stream at a time: the earlier one ends with the event `replaced`.
///
/// # Errors
/// [`Code::CursorInvalid`]; [`Code::TooManyStreams`]; the errors of the feed.
pub async fn follow(
    request: &HttpRequest,
    caller: &Caller,
    (after, tab): (Option<&str>, Option<&str>),
    write: MessageWriter,
) -> Result<HttpResponse, ApiError> {
    let position = position(request, caller, after)?;
    let token = TokenWatch::of(request);
    let service = Service::of(request)?;
    let tab = tab.filter(|tab| tab.len() <= LONGEST_TAB);
    let seat = service.open_streams().take_seat(caller.actor(), service.limits().streams, tab)?;
    let stream = EventStream::open(&service, caller.scope(), (position, token), write, seat).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // Compression holds events back until there are enough of them; so do proxies that buffer.
        .insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream.messages()))
}

/// The position that the client has seen last. The header wins, because a browser repeats its first URL on reconnect.
fn position(request: &HttpRequest, caller: &Caller, after: Option<&str>) -> Result<Option<EventPosition>, ApiError> {
    match request.headers().get(LAST_EVENT_ID).filter(|header| !header.is_empty()) {
        Some(header) => position_of(caller, LAST_EVENT_ID, header.to_str().unwrap_or_default()).map(Some),
        None => after.map(|cursor| position_of(caller, "after", cursor)).transpose(),
    }
}

/// The position of a cursor of the company's events.
///
/// # Errors
/// [`Code::CursorInvalid`].
pub fn position_of(caller: &Caller, parameter: &str, cursor: &str) -> Result<EventPosition, ApiError> {
    let invalid = "this is not a cursor of the company's events; pass a cursor unchanged";
    let position = caller.cursor_key().open(caller.actor().company(), cursor);
    position.ok_or_else(|| ApiError::of_parameter(Code::CursorInvalid, parameter, invalid))
}

/// A client that follows a company's events.
struct EventStream {
    follower: Follower,
    key: CursorKey,
    stopping: watch::Receiver<bool>,
    ends_at: Instant,
    token: Option<TokenWatch>,
    greeted: bool,
    replaced: bool,
    write: MessageWriter,
    seat: Seat,
}

impl EventStream {
    /// Follows from `position` on; from now on without one. Ends when the token is revoked.
    ///
    /// # Errors
    /// The errors of the feed, while they can still be sent as a status.
    async fn open(
        service: &Service,
        scope: CompanyScope<'static>,
        (position, token): (Option<EventPosition>, Option<TokenWatch>),
        write: MessageWriter,
        seat: Seat,
    ) -> Result<Self, ApiError> {
        let Limits { stream_time, stream_look, .. } = service.limits();
        let follower = scope.follow(position, stream_look).await?;
        let (key, stopping, ends_at) = (service.cursor_key().clone(), service.stopping(), Instant::now() + stream_time);
        Ok(Self { follower, key, stopping, ends_at, token, greeted: false, replaced: false, write, seat })
    }

    /// The body of the stream.
    fn messages(self) -> impl Stream<Item = Result<Bytes, ApiError>> {
        unfold(self, |mut stream| async move {
            let message = stream.next().await?;
            Some((Ok(Bytes::from(message)), stream))
        })
    }

    /// The next part; `None` when the time is over, the service stops, the company is closed, or the token is revoked. The client then
    /// reconnects, and gets an error if there is one.
    async fn next(&mut self) -> Option<String> {
        if !self.greeted {
            self.greeted = true;
            return Some(GREETING.to_owned());
        }
        let alive_at = (Instant::now() + ALIVE_EVERY).min(self.ends_at);
        loop {
            if self.replaced || self.token.as_mut().is_some_and(TokenWatch::is_revoked) {
                return None;
            }
            let events = self.follower.ready().await;
            let events = events.inspect_err(|error| tracing::warn!(%error, "an event stream failed")).ok()?;
            if !events.is_empty() {
                return Some(events.iter().map(|event| (self.write)(&self.key, event)).collect());
            }
            tokio::select! {
                () = self.follower.woken() => {}
                () = sleep_until(alive_at) => return (Instant::now() < self.ends_at).then(|| self.alive()),
                () = stopped(&mut self.stopping) => return None,
                () = revoked(&mut self.token) => return None,
                () = self.seat.replaced() => {
                    self.replaced = true;
                    return Some(REPLACED.to_owned());
                }
            }
        }
    }

    /// Without data it is not an event, but it has the id from which a client continues after a reconnect.
    fn alive(&self) -> String {
        format!(": alive\nid: {}\n\n", self.key.seal(self.follower.position()))
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn revoked(token: &mut Option<TokenWatch>) {
    match token {
        Some(token) => token.revoked().await,
        None => std::future::pending().await,
    }
}
