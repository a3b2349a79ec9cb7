//! The limit to how many requests an address may make, for routes that need no caller.

use actix_web::Error;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::limits::{Allowance, RateLimits};

/// Middleware for public routes: refuses an address with too many requests, according to the [`RateLimits`] in the app
/// data. Without them there is no limit.
///
/// # Errors
/// The error of the inner service.
pub async fn limit_addresses<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let Some(limits) = request.app_data::<RateLimits>().cloned() else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut allowance = Allowance::new(&limits, request.request());
    let mut response = match allowance.count_address().await {
        Ok(()) => next.call(request).await?.map_into_left_body(),
        Err(failure) => request.error_response(failure).map_into_right_body(),
    };
    allowance.write(response.headers_mut());
    Ok(response)
}
