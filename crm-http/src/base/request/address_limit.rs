//! The limit to how many requests an address may make, for routes that need no caller.

use actix_web::Error;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::base::limits::Allowance;
use crate::base::service::Service;

/// Middleware for public routes: refuses an address with too many requests. A host may mount such routes without the
/// service and its limits.
pub(crate) async fn limit_addresses<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let service = Service::of(request.request()).ok();
    let Some(limits) = service.as_ref().and_then(Service::rate_limits) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut allowance = Allowance::new(limits, request.request());
    let mut response = match allowance.count_address().await {
        Ok(()) => next.call(request).await?.map_into_left_body(),
        Err(failure) => request.error_response(failure).map_into_right_body(),
    };
    allowance.write(response.headers_mut());
    Ok(response)
}
