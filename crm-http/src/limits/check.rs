//! When requests are counted, and what answers say of it.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};
use crm_core::actor::Actor;
use futures_util::future::join;
use metrics::counter;

use super::headers::{refusal, write};
use super::{Decision, REFUSALS, RateLimits, Subject, address};
use crate::problem::ApiError;
use crate::service::Service;

/// Middleware of what everybody may ask for: refuses an address that makes too many requests. A host may mount such routes without
/// the service and its limits.
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

/// What the limits say to a request: first to its address, and to its user and their company once they are known.
#[derive(Debug)]
pub(crate) struct Allowance<'l> {
    limits: &'l RateLimits,
    address: Option<Subject>,
    /// Counted with the caller, in one round trip.
    is_address_due: bool,
    decisions: Vec<Decision>,
}

impl<'l> Allowance<'l> {
    pub(crate) fn new(limits: &'l RateLimits, request: &HttpRequest) -> Self {
        let address = address::of(request, limits.options()).map(Subject::Ip);
        Self { limits, address, is_address_due: false, decisions: Vec::new() }
    }

    /// Before it is known who calls: counts the request of its address, or, where instances count together, looks only whether
    /// the address has been told to wait.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if the address makes too many.
    pub(crate) async fn address(&mut self) -> Result<(), ApiError> {
        let Some(shared) = &self.limits.0.shared else {
            return self.count_address().await;
        };
        self.is_address_due = true;
        let refused = match &self.address {
            Some(address) => shared.refusal(address).await,
            None => None,
        };
        self.add(refused.into_iter().collect())
    }

    /// Once it is known who calls: counts the request of the user and their company.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if one of them makes too many.
    pub(crate) async fn caller(&mut self, actor: &Actor) -> Result<(), ApiError> {
        let company = actor.company();
        let user = actor.user_id().map(|user| Subject::User(company, user));
        let address = self.address.filter(|_| self.is_address_due);
        let (of_address, of_caller) =
            join(self.limits.check(address), self.limits.check(user.into_iter().chain([Subject::Company(company)])))
                .await;
        self.add(of_address.into_iter().chain(of_caller).collect())
    }

    /// Once it is known that nobody is let in: counts the request of its address, if that is still to be done.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if the address makes too many.
    pub(crate) async fn nobody(&mut self) -> Result<(), ApiError> {
        if self.is_address_due { self.count_address().await } else { Ok(()) }
    }

    /// Tells of all limits in the headers of the answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        write(&self.decisions, headers);
    }

    async fn count_address(&mut self) -> Result<(), ApiError> {
        let decisions = self.limits.check(self.address).await;
        self.add(decisions)
    }

    fn add(&mut self, decisions: Vec<Decision>) -> Result<(), ApiError> {
        for decision in decisions.iter().filter(|decision| decision.wait.is_some()) {
            counter!(REFUSALS, "kind" => decision.kind.as_str()).increment(1);
        }
        let refusal = refusal(&decisions);
        self.decisions.extend(decisions);
        refusal.map_or(Ok(()), Err)
    }
}
