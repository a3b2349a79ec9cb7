//! HEAD: a GET whose answer goes without its body.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

/// Middleware: answers a HEAD as the GET that it stands for.
pub(crate) async fn head_as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    take_as_get(&mut request);
    next.call(request).await
}

/// Turns a HEAD into the GET that it stands for (RFC 9110, section 9.3.2). Routes are found by their method, so it is changed
/// here; the server knows what was asked, and leaves the body out.
pub(crate) fn take_as_get(request: &mut ServiceRequest) {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
}
