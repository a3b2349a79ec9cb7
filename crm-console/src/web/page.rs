//! Answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use askama::Template;
use crm_web::problem::ApiError;

/// What a handler gives: a page, a redirect, or an error that becomes a page.
pub(crate) type PageResult = Result<HttpResponse, ApiError>;

/// A page.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> PageResult {
    let body = page.render().map_err(ApiError::internal)?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body))
}

/// The answer to a form that is done: the browser asks for this page.
pub(crate) fn see_other(address: impl AsRef<str>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, address.as_ref())).finish()
}
