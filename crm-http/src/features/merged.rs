//! The paths of customers who were merged into others.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use crm_core::Error;
use crm_core::ids::CustomerId;
use crm_web::problem::ApiError;
use crm_web::request::{Caller, PathId};

/// Answers a request below a customer that was not found because they were merged: a read is led to the survivor, and
/// anything else learns of it.
pub(super) async fn lead_on(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::GONE) {
        return response;
    }
    let Some((id, survivor_id)) = merged(response.request()).await else { return response };
    let request = response.request();
    let answer = match location(request, id, survivor_id) {
        // Not to be stored: the merge may be undone.
        Some(location) if [Method::GET, Method::HEAD].contains(request.method()) => HttpResponse::PermanentRedirect()
            .insert_header((LOCATION, location))
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .finish(),
        _ => HttpResponse::from_error(ApiError::from(Error::CustomerMerged { id, survivor_id })),
    };
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

/// The customer of the path, and the one who has their records now.
async fn merged(request: &HttpRequest) -> Option<(CustomerId, CustomerId)> {
    let id: CustomerId = request.match_info().get(CustomerId::NAME)?.parse().ok()?;
    let caller = Caller::known(request)?;
    // A database that is away leaves the answer as it is.
    let survivor = caller.scope().customers().merged_into(id).await.ok()??;
    Some((id, survivor))
}

/// The same path and query, below the survivor.
fn location(request: &HttpRequest, id: CustomerId, survivor: CustomerId) -> Option<HeaderValue> {
    let (from, to) = (format!("/customers/{id}"), format!("/customers/{survivor}"));
    let path = request.uri().path().to_ascii_lowercase().find(&from).map(|at| {
        let path = request.uri().path();
        format!("{}{to}{}", &path[..at], &path[at + from.len()..])
    })?;
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{path}{query}")).ok()
}
