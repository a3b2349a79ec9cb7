//! The middleware around all routes of a standalone service: log, metrics, and security headers.
//!
//! One middleware on each side of the compression, because each one costs every request a box and a clone.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::middleware::Next;
use tracing::Instrument;

use super::{headers, logging};
use crate::docs;
use crate::metrics::Observed;
use crate::problem::Finishing;
use crate::request::take_as_get;

/// The minimum size of a compressed body, in bytes: below it compression costs more than it saves, and the framework
/// has no minimum.
const SMALLEST: u64 = 1024;
/// Prevents compression of a body. Not sent to the client (RFC 9110, section 8.4.1).
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Middleware outside of `Compress`: logs, counts and times each request, in a span with its id, and adds the headers.
///
/// # Errors
/// The error of the inner service.
pub async fn outside<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, logging::InSpan<B>>>, Error> {
    let (began, observed, is_page) = (Instant::now(), Observed::begin(request.method()), docs::is_page(request.path()));
    let span = logging::span(request.request(), observed.method());
    let outcome = next.call(request).instrument(span.clone()).await;
    let (status, route) = match &outcome {
        Ok(response) => (response.status(), response.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    let (route, took) = (route.as_deref().unwrap_or("unmatched"), began.elapsed());
    observed.end(route, status, took);
    logging::answered(&span, route, status, took);
    let mut response = outcome?;
    headers::secure(response.headers_mut(), is_page);
    if response.headers().get(CONTENT_ENCODING) == Some(&IDENTITY) {
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    Ok(response.map_body(|_, body| logging::in_span(body, span)))
}

/// Middleware inside of `Compress`: gives answers their final form, and prevents compression of small ones.
///
/// # Errors
/// The error of the inner service.
pub async fn inside<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let finishing = Finishing::begin(&request);
    take_as_get(&mut request);
    let outcome = next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    let mut response = Finishing::end(finishing, outcome)?;
    let is_small = matches!(response.response().body().size(), BodySize::Sized(size) if size < SMALLEST);
    if is_small && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, IDENTITY);
    }
    Ok(response)
}
