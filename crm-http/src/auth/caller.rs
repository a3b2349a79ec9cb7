//! The caller of a request.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use crm_core::CompanyScope;
use crm_core::actor::Actor;
use futures_util::future::LocalBoxFuture;

use super::AuthError;
use crate::cache::Cache;
use crate::events::CursorKey;
use crate::problem::Failure;
use crate::request::{RequestId, due, has_arrived};
use crate::service::{Limits, Service};

/// Who calls, and so for which company. The only way to a [`CompanyScope`] in this crate.
#[derive(Clone, Debug)]
pub struct Caller {
    actor: Actor,
    service: Service,
}

impl Caller {
    /// The CRM as the caller sees it.
    #[must_use]
    pub fn scope(&self) -> CompanyScope<'static> {
        self.service.crm().on(self.actor.clone(), self.service.database())
    }

    /// How much and how long the routes take.
    pub(crate) fn limits(&self) -> Limits {
        self.service.limits()
    }

    /// The key of the cursors of events.
    pub(crate) fn cursor_key(&self) -> &CursorKey {
        self.service.cursor_key()
    }

    /// The caller of a request that has been let in.
    pub(crate) fn known(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Where answers are kept, if they are.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.service.cache()
    }

    /// Who calls.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }
}

impl FromRequest for Caller {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        has_arrived(request);
        let request = request.clone();
        Box::pin(async move { of(&request).await })
    }
}

/// The caller of this request: asks the authenticator once, and remembers.
async fn of(request: &HttpRequest) -> Result<Caller, Failure> {
    if let Some(caller) = Caller::known(request) {
        return Ok(caller);
    }
    let service = Service::of(request)?;
    let authenticator = service.authenticator();
    // Whoever vouches for callers may be away as well.
    let actor = tokio::time::timeout_at(due(request)?, authenticator.authenticate(request)).await;
    let actor = actor.unwrap_or(Err(AuthError::Unavailable)).map_err(|error| authenticator.scheme().refuse(error))?;
    let actor = actor.with_request_id(RequestId::of(request).as_str());
    tracing::Span::current().record("company.id", tracing::field::display(actor.company()));
    let caller = Caller { actor, service };
    request.extensions_mut().insert(caller.clone());
    Ok(caller)
}

/// Middleware: lets nobody in without a caller, before a byte of the body is read and whatever the route is.
pub(crate) async fn require_caller<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    // A refusal is an answer and no error: an error would lose the headers that outer middleware adds.
    match of(request.request()).await {
        Ok(_) => Ok(next.call(request).await?.map_into_left_body()),
        Err(failure) => Ok(request.error_response(failure).map_into_right_body()),
    }
}
