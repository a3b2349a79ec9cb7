//! Where requests are counted.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use super::headers::{refusal, write};
use super::{Kind, Verdict, address};
use crate::auth::Caller;
use crate::service::Service;

/// What the limits of the caller have said, for the one who writes the headers.
struct OfCaller(Vec<Verdict>);

type Limited<B> = Result<ServiceResponse<EitherBody<B, BoxBody>>, Error>;

/// Middleware, before it is known who calls: refuses an address that makes too many requests. Its answers tell of all limits.
pub(crate) async fn limit_addresses<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Limited<B> {
    // A host may mount the documentation and the probes without the routes.
    let service = Service::of(request.request()).ok();
    let Some(limits) = service.as_ref().and_then(Service::rate_limits) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let address = address::of(request.request(), limits.options());
    let mut verdicts = limits.take(address.map(|address| (Kind::Ip, address))).await;
    let mut response = match refusal(&verdicts) {
        Some(failure) => request.error_response(failure).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    let of_caller = response.request().extensions_mut().remove::<OfCaller>();
    verdicts.extend(of_caller.into_iter().flat_map(|OfCaller(verdicts)| verdicts));
    write(&verdicts, response.headers_mut());
    Ok(response)
}

/// Middleware, once it is known who calls: refuses a user, or a company, that makes too many requests.
pub(crate) async fn limit_callers<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Limited<B> {
    let service = Service::of(request.request())?;
    let (Some(limits), Some(caller)) = (service.rate_limits(), Caller::known(request.request())) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    // The braces keep both in one place where Redis is a cluster.
    let company = format!("{{{}}}", caller.actor().company());
    let user = caller.actor().user_id().map(|user| (Kind::User, format!("{company}:{user}")));
    let verdicts = limits.take(user.into_iter().chain([(Kind::Company, company)])).await;
    let refusal = refusal(&verdicts);
    request.extensions_mut().insert(OfCaller(verdicts));
    match refusal {
        // A refusal is an answer and no error: an error would lose the headers that outer middleware adds.
        Some(failure) => Ok(request.error_response(failure).map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}
