//! What happens before and after each handler.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use crm_web::RequestId;
use crm_web::problem::{ApiError, Code};
use secrecy::ExposeSecret;

use super::visit::{Prefix, is_secure, visitor};
use super::{failure, guard};
use crate::console::Console;
use crate::session::cookie;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware around all pages: refuses what does not come from them, shows the access token of the session to the
/// authenticator, turns errors into pages, and sets the headers.
///
/// # Errors
/// The error of inner middleware; errors of handlers become pages.
pub(crate) async fn gate(
    console: Console,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let prefix = prefix(&request);
    request.extensions_mut().insert(prefix);
    let mut response = match enter(&console, &mut request).await {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(failure) => {
            let answer = failure::page(request.request(), &console, &failure);
            request.into_response(answer)
        }
    };
    response = told(&console, response);
    guard::secure(response.headers_mut());
    if let Ok(id) = HeaderValue::from_str(RequestId::of(response.request()).as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    Ok(response)
}

/// What the host mounts the console under: the path without what is left of it here.
fn prefix(request: &ServiceRequest) -> Prefix {
    let path = request.match_info().as_str();
    let length = path.len() - request.match_info().unprocessed().len();
    Prefix(path[..length].trim_end_matches('/').into())
}

async fn enter(console: &Console, request: &mut ServiceRequest) -> Result<(), ApiError> {
    if !guard::is_ours(request.request()) {
        return Err(ApiError::new(Code::Forbidden, "the request does not come from a page of the console"));
    }
    let Some(sessions) = console.sessions() else { return Ok(()) };
    if request.match_info().unprocessed().starts_with("/assets/") {
        return Ok(());
    }
    // What a browser sends by itself is no log-in here.
    request.headers_mut().remove(AUTHORIZATION);
    let is_secure = is_secure(console, request.request());
    let Some(id) = cookie::session(request.request(), is_secure) else { return Ok(()) };
    let Some(held) = sessions.open(&id, &visitor(console, request.request())).await? else { return Ok(()) };
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", held.access_token.expose_secret()))
        .map_err(|_| ApiError::internal("an access token is no header"))?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, bearer);
    request.extensions_mut().insert(held);
    Ok(())
}

/// Replaces an error by its page.
fn told(console: &Console, response: ServiceResponse) -> ServiceResponse {
    let status = response.status();
    let is_nameless = (status.is_client_error() || status.is_server_error())
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    let error = response.response().error();
    let known = error.and_then(|error| error.as_error::<ApiError>()).cloned();
    let failure = match known {
        Some(failure) => failure,
        None if error.is_some() || is_nameless => failure::of_status(status),
        None => return response,
    };
    let mut answer: HttpResponse = failure::page(response.request(), console, &failure);
    failure::keep_headers(response.response(), &mut answer);
    response.into_response(answer)
}
