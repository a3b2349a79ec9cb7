//! The page that a browser sends a request from.

use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN};
use actix_web::{HttpMessage, HttpRequest};

/// What a browser says of the page that sends a request. Other programs say nothing.
#[derive(Clone, Debug, Default)]
pub struct BrowserOrigin {
    origin: Option<HeaderValue>,
    asks_leave: bool,
}

impl BrowserOrigin {
    /// Of this request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self::read(request.headers()))
    }

    fn read(headers: &HeaderMap) -> Self {
        let asks_leave = headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Self { origin: headers.get(ORIGIN).cloned(), asks_leave }
    }

    /// The origin, such as `https://www.example.com`; `null` where a page has none. Nothing for other programs.
    #[must_use]
    pub const fn origin(&self) -> Option<&HeaderValue> {
        self.origin.as_ref()
    }

    /// Whether the browser only asks what the page may do (a preflight request).
    #[must_use]
    pub fn asks_leave(&self, request: &HttpRequest) -> bool {
        self.asks_leave && *request.method() == Method::OPTIONS
    }

    /// Hides from the middleware that is passed next what the browser says, because the route decides itself.
    #[cfg(feature = "server")]
    pub fn set_aside(request: &mut actix_web::dev::ServiceRequest) {
        let said = Self::read(request.headers());
        request.headers_mut().remove(ORIGIN);
        request.headers_mut().remove(ACCESS_CONTROL_REQUEST_METHOD);
        request.extensions_mut().insert(said);
    }
}
