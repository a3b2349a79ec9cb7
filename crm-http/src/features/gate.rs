//! The middleware of the API.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};

use super::{known, merged};
use crm_web::limits::Allowance;
use crm_web::problem::{ApiError, Finishing};
use crm_web::request::Caller;
use crm_web::request::{expect_well_formed, request_timeout, take_as_get};
use crm_web::service::Service;

/// Middleware: authenticates and limits requests before the body is read, for every route; applies the deadline; and
/// gives answers their final form. One middleware for all of it, because each one costs every request a box and a
/// clone.
pub(super) async fn admit<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let finishing = Finishing::begin(&request);
    let service = match Service::of(request.request()) {
        Ok(service) => service,
        Err(failure) => return Finishing::end(finishing, Ok(request.error_response(failure))),
    };
    let mut allowance = service.rate_limits().map(|limits| Allowance::new(limits, request.request()));
    let outcome = match let_in(request.request(), allowance.as_mut()).await {
        Ok(()) => {
            take_as_get(&mut request);
            match request_timeout(request, next).await {
                Ok(response) => Ok(merged::lead_on(response.map_into_boxed_body()).await),
                refused => refused.map(ServiceResponse::map_into_boxed_body),
            }
        }
        // Returned as a response and not as an error: an error would lose the headers of outer middleware.
        Err(failure) => Ok(request.error_response(failure)),
    };
    let outcome = outcome.map(|mut response| {
        if let Some(allowance) = allowance {
            allowance.write(response.headers_mut());
        }
        response
    });
    Finishing::end(finishing, outcome)
}

async fn let_in(request: &HttpRequest, allowance: Option<&mut Allowance<'_>>) -> Result<(), ApiError> {
    identify(request, allowance).await?;
    expect_well_formed(request.uri())?;
    known().expect_known_parameters(request)
}

async fn identify(request: &HttpRequest, allowance: Option<&mut Allowance<'_>>) -> Result<(), ApiError> {
    let Some(allowance) = allowance else {
        return Caller::of(request).await.map(drop);
    };
    allowance.address().await?;
    match Caller::of(request).await {
        Ok(caller) => allowance.caller(caller.actor()).await,
        Err(failure) => allowance.unauthenticated().await.and(Err(failure)),
    }
}
