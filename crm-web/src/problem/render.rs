//! Gives every error answer its final form.

use std::error::Error as StdError;
use std::fmt::Write;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use tracing::Span;

use super::{ApiError, Code};
use crate::request_id::RequestId;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware: turns every error, ours or the framework's, into a problem document with the id of the request, and logs
/// internal errors. Also adds `X-Request-Id` to every answer. Nested in itself it does nothing.
///
/// # Errors
/// An error of the inner service becomes an [`ApiError`].
pub async fn render_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let finishing = Finishing::begin(&request);
    let outcome = next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    Finishing::end(finishing, outcome)
}

/// A request whose answer gets its final form here: [`render_problems`] in two steps, for middleware that does more.
#[derive(Debug)]
pub struct Finishing {
    id: RequestId,
    path: String,
}

/// Marks a request whose answer is finished by an outer middleware.
struct IsFinished;

impl Finishing {
    /// Before the request is answered. `None` if an outer middleware does it.
    #[must_use]
    pub fn begin(request: &ServiceRequest) -> Option<Self> {
        if request.extensions_mut().insert(IsFinished).is_some() {
            return None;
        }
        Some(Self { id: RequestId::of(request.request()), path: request.path().to_owned() })
    }

    /// Gives the answer its final form, unless an outer middleware does it.
    ///
    /// # Errors
    /// An error of the inner service becomes an [`ApiError`].
    pub fn end(
        finishing: Option<Self>,
        outcome: Result<ServiceResponse<BoxBody>, Error>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let Some(Self { id, path }) = finishing else { return outcome };
        let mut response = match outcome {
            Ok(response) => {
                // Known only now; the log line of an error needs it too.
                let route = response.request().match_pattern();
                Span::current().record("http.route", route.as_deref().unwrap_or("unmatched"));
                complete(response, &id, &path)
            }
            Err(error) => {
                let status = error.as_response_error().status_code();
                return Err(completed(Some(&error), status, &id, &path).into());
            }
        };
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        Ok(response)
    }
}

fn complete(response: ServiceResponse, id: &RequestId, path: &str) -> ServiceResponse {
    let status = response.status();
    let nameless = (status.is_client_error() || status.is_server_error())
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    if response.response().error().is_none() && !nameless {
        return response;
    }
    let failure = completed(response.response().error(), status, id, path);
    let (request, original) = response.into_parts();
    let mut answer = failure.error_response();
    keep_headers(original.headers(), answer.headers_mut());
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ServiceResponse::new(request, answer)
}

/// Headers of inner middleware and of the framework are kept: CORS, `Allow` and the like.
fn keep_headers(original: &HeaderMap, answer: &mut HeaderMap) {
    for (name, value) in original {
        if ![CONTENT_TYPE, CONTENT_LENGTH].contains(name) && !answer.contains_key(name) {
            answer.append(name.clone(), value.clone());
        }
    }
}

/// The error of an answer, with all that is known about the request.
fn completed(error: Option<&Error>, status: StatusCode, id: &RequestId, path: &str) -> ApiError {
    let mut failure = match error.and_then(|error| error.as_error::<ApiError>()) {
        Some(failure) => copy(failure),
        None => foreign(error, status),
    };
    failure.0.request_id = Some(id.as_str().to_owned());
    failure.0.instance = Some(path.to_owned());
    failure
}

/// An error cannot be taken out of a response, but its contents can. Its cause is logged here, once.
fn copy(failure: &ApiError) -> ApiError {
    failure.log();
    let mut copy = failure.clone();
    copy.0.cause = None;
    copy
}

impl ApiError {
    /// Logs internal errors with their causes.
    pub fn log(&self) {
        if self.0.code.status().is_server_error() {
            let cause = self.source().map(chain).unwrap_or_default();
            match self.0.code {
                Code::Internal => tracing::error!(code = self.0.code.as_str(), cause, "request failed"),
                _ => tracing::warn!(code = self.0.code.as_str(), cause, "request failed"),
            }
        }
    }
}

/// An error of the framework. Its text is shown for client errors, and only logged for internal errors.
fn foreign(error: Option<&Error>, status: StatusCode) -> ApiError {
    let code = Code::of_status(status);
    let words = error.map(ToString::to_string);
    if status.is_server_error() {
        tracing::error!(code = code.as_str(), cause = words.unwrap_or_default(), "request failed");
        return ApiError::new(code, "the error is logged under the request id");
    }
    ApiError::new(code, words.unwrap_or_else(|| code.title().to_owned()))
}

/// An error and what caused it, in one line.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// The answer to requests that match no route: a default service.
///
/// # Errors
/// Always: [`Code::RouteUnknown`].
pub async fn unknown_route() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(Code::RouteUnknown, "no route has this path"))
}
