//! The ERP's log-in for browsers: a form that takes a session, and keeps it in a cookie.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::web::{Data, Form, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;

use super::refusal::Refusal;
use crate::Erp;

/// The path of the log-in page.
pub const LOG_IN: &str = "/erp/log-in";
/// The path that logs out.
pub const LOG_OUT: &str = "/erp/log-out";
const COOKIE: &str = "erp_session";
const HOME: &str = "/erp/crm/";

/// The session in the cookie of a request.
pub(super) fn shown_by_browser(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned())
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(page).service(log_in).service(log_out);
}

#[derive(Deserialize)]
struct Wanted {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Session {
    session: String,
}

#[get("/log-in")]
async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(include_str!("log_in.html"))
}

#[post("/log-in")]
async fn log_in(
    erp: Data<Erp>,
    wanted: Query<Wanted>,
    form: Form<Session>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let token = form.into_inner().session.trim().to_owned();
    if erp.logged_in(&token).await?.is_none() {
        return Err(Refusal::NotLoggedIn);
    }
    let cookie = cookie(&request, token);
    // Only pages of the console, so that a link cannot lead elsewhere after log-in.
    let next = wanted.into_inner().next.filter(|next| next.starts_with(HOME) && !next.contains(['\\', '\r', '\n']));
    let next = next.unwrap_or_else(|| HOME.to_owned());
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, next)).finish())
}

#[post("/log-out")]
async fn log_out(erp: Data<Erp>, request: HttpRequest) -> Result<HttpResponse, Refusal> {
    if let Some(token) = shown_by_browser(&request) {
        erp.log_out(&token).await?;
    }
    let mut cookie = cookie(&request, String::new());
    cookie.make_removal();
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, LOG_IN)).finish())
}

fn cookie(request: &HttpRequest, token: String) -> Cookie<'static> {
    let secure = request.connection_info().scheme() == "https";
    Cookie::build(COOKIE, token).path("/erp").http_only(true).same_site(SameSite::Lax).secure(secure).finish()
}
