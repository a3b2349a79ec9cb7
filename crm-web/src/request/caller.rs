//! The caller of a request.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use crm_core::CompanyScope;
use crm_core::actor::Actor;
use futures_util::future::{Either, LocalBoxFuture};

use super::deadline::{deadline_within, request_arrived};
use crate::auth::AuthError;
use crate::cache::Cache;
use crate::problem::ApiError;
use crate::request_id::RequestId;
use crate::service::{Limits, Service};
use crate::streams::CursorKey;

/// The authenticated caller of a request. The only way to a [`CompanyScope`] in this crate. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    actor: Arc<Actor>,
    service: Service,
}

impl Caller {
    /// A scope of the CRM for the caller.
    #[must_use]
    pub fn scope(&self) -> CompanyScope<'static> {
        self.service.crm().on(self.actor.clone(), self.service.database())
    }

    /// The limits of the routes.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.service.limits()
    }

    /// The caller of this request. The authenticator is called once per request.
    ///
    /// # Errors
    /// The reason why the authenticator refuses it.
    pub async fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        if let Some(caller) = Self::known(request) {
            return Ok(caller);
        }
        let service = Service::of(request)?;
        let authenticator = service.authenticator();
        // The identity provider may be down, so the deadline applies here as well.
        let due = deadline_within(request, service.limits().request_time);
        let actor = tokio::time::timeout_at(due, authenticator.authenticate(request)).await;
        let actor =
            actor.unwrap_or(Err(AuthError::Unavailable)).map_err(|error| authenticator.scheme().refuse(error))?;
        let actor = actor.with_request_id(RequestId::of(request).as_str());
        let actor = match client_address(&service, request) {
            Some(address) => actor.with_address(address),
            None => actor,
        };
        tracing::Span::current().record("company.id", tracing::field::display(actor.company()));
        let caller = Self { actor: Arc::new(actor), service };
        request.extensions_mut().insert(caller.clone());
        Ok(caller)
    }

    /// The key of the event cursors.
    #[must_use]
    pub fn cursor_key(&self) -> &CursorKey {
        self.service.cursor_key()
    }

    /// The caller of an authenticated request.
    #[must_use]
    pub fn known(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The cache of responses, if there is one.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.service.cache()
    }

    /// The actor.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// The address of the client, as trusted proxies report it where they are known.
fn client_address(service: &Service, request: &HttpRequest) -> Option<IpAddr> {
    match service.rate_limits() {
        Some(limits) => limits.client_address(request),
        None => request.peer_addr().map(|peer| peer.ip().to_canonical()),
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Either<Ready<Result<Self, ApiError>>, LocalBoxFuture<'static, Result<Self, ApiError>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        request_arrived(request);
        if let Some(caller) = Self::known(request) {
            return Either::Left(ready(Ok(caller)));
        }
        let request = request.clone();
        Either::Right(Box::pin(async move { Self::of(&request).await }))
    }
}
