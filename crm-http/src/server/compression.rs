//! Compression from 1 KiB on: below that it costs more than it saves, and the framework knows no minimum.

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::middleware::Next;

/// The smallest body that is compressed, in bytes.
const SMALLEST: u64 = 1024;
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Middleware inside of `Compress`: names an encoding on small bodies, which `Compress` then leaves alone.
pub(super) async fn leave_small_bodies<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let is_small = matches!(response.response().body().size(), BodySize::Sized(size) if size < SMALLEST);
    if is_small && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, IDENTITY);
    }
    Ok(response)
}

/// Middleware outside of `Compress`: takes that name off again, for it is not to be sent (RFC 9110, section 8.4.1).
pub(super) async fn hide_identity<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    if response.headers().get(CONTENT_ENCODING) == Some(&IDENTITY) {
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    Ok(response)
}
