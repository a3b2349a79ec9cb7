//! The calendar of a person at a secret address: it is made, ended, and read there by their calendar program.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag};
use actix_web::{HttpRequest, HttpResponse, web};
use crm_web::etag;
use crm_web::problem::{ApiError, Code};

use crate::customers::Faults;
use crate::web::{PageResult, Visit, console, is_secure};

/// Makes an address in place of the one that there may be, and shows it once.
pub(super) async fn create(request: HttpRequest, visit: Visit) -> PageResult {
    let secret = visit.scope().calendar_feed().create().await?.expose();
    let scheme = if is_secure(&visit.frame.console, &request) { "https" } else { "http" };
    let path = visit.frame.url(&format!("calendar/{secret}.ics"));
    let address = format!("{scheme}://{}{path}", request.connection_info().host());
    super::page(&visit, StatusCode::OK, &Faults::default(), Some(address))
}

pub(super) async fn end(visit: Visit) -> PageResult {
    visit.scope().calendar_feed().revoke().await?;
    Ok(visit.done(&visit.frame.url("profile"), "calendar-ended", None))
}

/// The calendar. A program has no session: the address is the secret.
pub(super) async fn file(request: HttpRequest, secret: web::Path<String>) -> PageResult {
    let service = console(&request)?.service;
    let file = service.crm().calendar_file(service.database(), &secret).await?;
    let file = file.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such calendar, or it has ended"))?;
    let tag = EntityTag::new_strong(etag::digest(file.as_bytes()));
    let is_known = etag::is_known(&request, &tag);
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // No cache on the way keeps what is personal.
    answer.insert_header((CACHE_CONTROL, "private, no-cache")).insert_header(ETag(tag));
    match is_known {
        true => Ok(answer.finish()),
        false => Ok(answer.content_type("text/calendar; charset=utf-8").body(file)),
    }
}
