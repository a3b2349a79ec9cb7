//! Making, ending and reading calendars.

use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};

use super::{CalendarAddress, ROOT};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::etag;
use crm_web::headers::{IfNoneMatchParameter, NotModified};
use crm_web::problem::responses::{ReadErrors, SecretErrors};
use crm_web::problem::{ApiError, Code};
use crm_web::request::Caller;
use crm_web::service::Service;

/// Make a calendar address
///
/// A secret address at which a calendar program reads your open tasks and planned interactions: assigned to you, shared
/// with you as a collaborator, or yours; 90 days back and 365 ahead, at most 1,000 of each. It is shown once. A new one
/// replaces it. It shows what you may read now: make a new one when your rights have changed. Everyone who knows it can
/// read your calendar.
#[utoipa::path(
    tag = "calendar",
    responses((status = 200, description = "The address", body = CalendarAddress), ReadErrors),
)]
#[post("/calendar-feed")]
pub(super) async fn create_calendar_feed(caller: Caller, service: web::Data<Service>) -> ApiResult {
    let mut scope = caller.scope();
    let path = format!("{ROOT}/{}.ics", scope.calendar_feed().create().await?.expose());
    let url = service.crm().public_url().map(|base| format!("{base}{path}"));
    Ok(ApiResponse::ok(&CalendarAddress { path, url })?)
}

/// End your calendar
///
/// The address shows nothing any more. Nothing happens if there is none.
#[utoipa::path(
    tag = "calendar",
    responses((status = 204, description = "There is no address any more"), ReadErrors),
)]
#[delete("/calendar-feed")]
pub(super) async fn delete_calendar_feed(caller: Caller) -> ApiResult {
    caller.scope().calendar_feed().revoke().await?;
    Ok(ApiResponse::no_content())
}

/// Read a calendar
///
/// The calendar of a secret address, in the format iCalendar (RFC 5545). Needs no token: the address is the secret.
/// Programs should look for changes once an hour, with `If-None-Match`.
#[utoipa::path(
    tag = "calendar",
    security(()),
    params(("secret" = String, Path, description = "The secret of the address"), IfNoneMatchParameter),
    responses(
        (status = 200, description = "The calendar", body = String, content_type = "text/calendar",
            headers(("ETag" = String, description = "The tag of this state, for `If-None-Match`"))),
        NotModified,
        SecretErrors,
    ),
)]
#[get("/{secret}.ics")]
pub(super) async fn get_calendar_file(
    request: HttpRequest,
    service: web::Data<Service>,
    secret: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let file = service.crm().calendar_file(service.database(), &secret).await?;
    let Some(file) = file else {
        return Err(ApiError::new(Code::NotFound, "there is no such calendar, or it has ended"));
    };
    let tag = EntityTag::new_strong(etag::digest(file.as_bytes()));
    let is_known = etag::is_known(&request, &tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // The address is a secret, and what is there is personal: no cache on the way keeps it.
    response.insert_header((CACHE_CONTROL, "private, no-cache")).insert_header(ETag(tag));
    match is_known {
        true => Ok(response.finish()),
        false => Ok(response.content_type("text/calendar; charset=utf-8").body(file)),
    }
}
