//! Server-sent events (WHATWG HTML, section 9.2).

use std::time::Duration;

use actix_web::web::Bytes;
use crm_core::CompanyScope;
use crm_core::events::{Event, EventPosition, Follower};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crm_web::auth::TokenWatch;
use crm_web::problem::ApiError;
use crm_web::service::{Limits, Service};
use crm_web::streams::CursorKey;
use crm_web::streams::Seat;

/// The interval of keep-alives, before proxies close the connection.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// The delay before clients reconnect.
const GREETING: &str = "retry: 2000\n\n";

/// A client that follows a company's events.
pub(super) struct EventStream {
    follower: Follower,
    key: CursorKey,
    stopping: watch::Receiver<bool>,
    ends_at: Instant,
    token: Option<TokenWatch>,
    greeted: bool,
    _seat: Seat,
}

impl EventStream {
    /// Follows from `position` on; from now on without one. Ends when the token is revoked.
    ///
    /// # Errors
    /// The errors of the feed, while they can still be sent as a status.
    pub async fn open(
        service: &Service,
        scope: CompanyScope<'static>,
        position: Option<EventPosition>,
        token: Option<TokenWatch>,
    ) -> Result<Self, ApiError> {
        let Limits { stream_time, stream_look, streams, .. } = service.limits();
        let seat = service.open_streams().take_seat(scope.actor(), streams)?;
        let follower = scope.follow(position, stream_look).await?;
        let (key, stopping, ends_at) = (service.cursor_key().clone(), service.stopping(), Instant::now() + stream_time);
        Ok(Self { follower, key, stopping, ends_at, token, greeted: false, _seat: seat })
    }

    /// The body of the stream.
    pub fn messages(self) -> impl Stream<Item = Result<Bytes, ApiError>> {
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
            if self.token.as_mut().is_some_and(TokenWatch::is_revoked) {
                return None;
            }
            let events = self.follower.ready().await;
            let events = events.inspect_err(|error| tracing::warn!(%error, "an event stream failed")).ok()?;
            if !events.is_empty() {
                let key = &self.key;
                return Some(
                    events.iter().map(|event| event.text(|position, event| message(key, position, event))).collect(),
                );
            }
            tokio::select! {
                () = self.follower.woken() => {}
                () = sleep_until(alive_at) => return (Instant::now() < self.ends_at).then(|| self.alive()),
                () = stopped(&mut self.stopping) => return None,
                () = revoked(&mut self.token) => return None,
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

/// The JSON of an event contains no line breaks.
fn message(key: &CursorKey, position: EventPosition, event: &Event) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", key.seal(position), event.event_type)
}
