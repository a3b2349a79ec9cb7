//! HEAD: a GET without the body of the answer.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

/// Middleware: answers a HEAD like a GET.
///
/// # Errors
/// The error of the inner service.
pub async fn head_as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    take_as_get(&mut request);
    next.call(request).await
}

/// Turns a HEAD into a GET (RFC 9110, section 9.3.2). Routes are selected by method, so it is changed here; the server
/// knows the original method, and omits the body.
pub fn take_as_get(request: &mut ServiceRequest) {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
}
