//! Counts requests, and adds the limits to answers.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use crm_core::actor::Actor;
use crm_core::ids::CaptureFormId;
use futures_util::future::join;
use metrics::counter;

use super::headers::{refusal, write};
use super::{Decision, REFUSALS, RateLimits, Subject, address};
use crate::problem::ApiError;

/// The limits of a request: first of its address, then of its user and their company.
#[derive(Debug)]
pub struct Allowance<'l> {
    limits: &'l RateLimits,
    address: Option<Subject>,
    /// Counted together with the caller, in one round trip.
    is_address_due: bool,
    decisions: Vec<Decision>,
}

impl<'l> Allowance<'l> {
    /// Those of this request; nothing is counted yet.
    #[must_use]
    pub fn new(limits: &'l RateLimits, request: &HttpRequest) -> Self {
        let address = address::of(request, limits.options()).map(Subject::Ip);
        Self { limits, address, is_address_due: false, decisions: Vec::new() }
    }

    /// Before authentication: counts the request of its address, or, with shared counters, only checks whether the
    /// address must wait.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if the address has made too many requests.
    pub async fn address(&mut self) -> Result<(), ApiError> {
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

    /// After authentication: counts the request of the user and their company.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if one of them has made too many requests.
    pub async fn caller(&mut self, actor: &Actor) -> Result<(), ApiError> {
        let company = actor.company();
        let user = actor.user_id().map(|user| Subject::User(company, user));
        let address = self.address.filter(|_| self.is_address_due);
        let (of_address, of_caller) =
            join(self.limits.check(address), self.limits.check(user.into_iter().chain([Subject::Company(company)])))
                .await;
        self.add(of_address.into_iter().chain(of_caller).collect())
    }

    /// After failed authentication: counts the request of its address, if that is still to be done.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if the address has made too many requests.
    pub async fn unauthenticated(&mut self) -> Result<(), ApiError> {
        if self.is_address_due { self.count_address().await } else { Ok(()) }
    }

    /// Counts a submission of a public form, of its address before all: one address does not use up what all have.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if there were too many.
    pub async fn form(&mut self, form: CaptureFormId) -> Result<(), ApiError> {
        let of_address = match self.address {
            Some(Subject::Ip(network)) => Some(Subject::FormAddress(form, network)),
            _ => None,
        };
        let decisions = self.limits.check(of_address.into_iter().chain([Subject::Form(form)])).await;
        self.add(decisions)
    }

    /// Adds all limits to the headers of the answer.
    pub fn write(&self, headers: &mut HeaderMap) {
        write(&self.decisions, headers);
    }

    /// Counts the request of its address.
    ///
    /// # Errors
    /// [`Code::RateLimited`](crate::problem::Code::RateLimited) if the address has made too many requests.
    pub async fn count_address(&mut self) -> Result<(), ApiError> {
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
