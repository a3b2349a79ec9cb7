//! The middleware of the API, and the caller that it finds.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use crm_web::auth::{AuthError, bearer_token};
use crm_web::limits::Allowance;
use crm_web::problem::{ApiError, Finishing};
use crm_web::request::{expect_well_formed, request_arrived, request_timeout, take_as_get};

use super::{Service, known};
use crate::base::caller::{Caller, Client};
use crate::base::error::{Error as Failure, Refusal};

/// Middleware: limits requests by address, verifies the token before the body is read, applies the deadline, and gives
/// answers their final form.
pub(super) async fn admit<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let finishing = Finishing::begin(&request);
    let service = match Service::of(request.request()) {
        Ok(service) => service.clone(),
        Err(failure) => return Finishing::end(finishing, Ok(request.error_response(failure))),
    };
    let mut allowance = Allowance::new(service.rate_limits(), request.request());
    let outcome = match let_in(&service, request.request(), &mut allowance).await {
        Ok(()) => {
            take_as_get(&mut request);
            request_timeout(request, next).await.map(ServiceResponse::map_into_boxed_body)
        }
        Err(failure) => Ok(request.error_response(failure)),
    };
    let outcome = outcome.map(|mut response| {
        allowance.write(response.headers_mut());
        response
    });
    Finishing::end(finishing, outcome)
}

async fn let_in(service: &Service, request: &HttpRequest, allowance: &mut Allowance<'_>) -> Result<(), ApiError> {
    allowance.count_address().await?;
    let client = service.client_of(request);
    // Signing in, what leads to it, and what other services show credentials of their own for.
    if !known().has_own_security(request) || bearer_token(request.headers()).is_ok() {
        let caller = identify(service, request, client.clone()).await?;
        tracing::Span::current().record("company.id", tracing::field::display(caller.company));
        request.extensions_mut().insert(caller);
    }
    request.extensions_mut().insert(client);
    expect_well_formed(request.uri())?;
    known().expect_known_parameters(request)
}

async fn identify(service: &Service, request: &HttpRequest, client: Client) -> Result<Caller, ApiError> {
    let token = bearer_token(request.headers())?;
    service.users().verify(token, client).await.map_err(|error| match error {
        Failure::Refused(Refusal::Token | Refusal::SessionEnded) => {
            AuthError::Invalid("the token is not genuine, has expired, or was revoked").into()
        }
        error => error.into(),
    })
}

/// The authenticated caller of a request.
#[derive(Clone, Debug)]
pub struct Authenticated(pub Caller);

impl Deref for Authenticated {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequest for Authenticated {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        request_arrived(request);
        let caller = request.extensions().get::<Caller>().cloned();
        ready(caller.map(Self).ok_or_else(|| AuthError::Missing.into()))
    }
}

/// Where a request comes from, and user management: for what needs no caller.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub service: Service,
    pub client: Client,
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        request_arrived(request);
        ready(Service::of(request).map(|service| {
            let client = request.extensions().get::<Client>().cloned();
            Self { service: service.clone(), client: client.unwrap_or_else(|| service.client_of(request)) }
        }))
    }
}
