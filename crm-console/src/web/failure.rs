//! Errors as pages, and violations in the language of the page.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use crm_core::Violation;
use crm_web::problem::{ApiError, Code};
use crm_web::request::Caller;

use super::frame::Frame;
use super::page::html;
use super::visit::wanted;
use crate::base::language::Language;
use crate::console::{Console, Mode};

const HX_REQUEST: &str = "hx-request";
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
/// The statuses with words of their own.
const TOLD: &[u16] = &[400, 403, 404, 409, 410, 412, 429, 503];

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    title: String,
    text: String,
}

/// The page that tells an error; for who is not logged in, the way to the log-in.
pub(super) fn page(request: &HttpRequest, console: &Console, failure: &ApiError) -> HttpResponse {
    let status = failure.code().status();
    if status == StatusCode::UNAUTHORIZED
        && let Some(answer) = to_log_in(request, console)
    {
        return answer;
    }
    if let Some(answer) = to_survivor(request, failure) {
        return answer;
    }
    failure.log();
    let known = Caller::known(request);
    let frame = Frame::of(request, console.clone(), known.as_ref().map(Caller::actor), "");
    let kind = match status.as_u16() {
        code if TOLD.contains(&code) => code.to_string(),
        401 => "401".to_owned(),
        code if code < 500 => "400".to_owned(),
        _ => "500".to_owned(),
    };
    let (title, text) = match failure.code() {
        Code::CompanySuspended | Code::CompanyDeleted => (frame.t("error-closed"), frame.t("error-closed-text")),
        _ => (frame.t(&format!("error-{kind}")), frame.t(&format!("error-{kind}-text"))),
    };
    let page = ErrorPage { title, text, status: status.as_u16(), frame };
    html(status, &page).unwrap_or_else(|_| HttpResponse::new(status))
}

/// The page of a customer who was merged is that of the survivor. Not to be stored: the merge may be undone.
fn to_survivor(request: &HttpRequest, failure: &ApiError) -> Option<HttpResponse> {
    let survivor = failure.problem().survivor_id.filter(|_| request.method().is_safe())?;
    let uri = request.uri().to_string();
    let id = request.match_info().get("id").filter(|id| uri.contains(*id))?;
    let address = uri.replacen(id, &survivor.to_string(), 1);
    let mut answer = HttpResponse::PermanentRedirect();
    Some(answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((LOCATION, address)).finish())
}

fn to_log_in(request: &HttpRequest, console: &Console) -> Option<HttpResponse> {
    let address = match &console.mode {
        Mode::Own(_) => format!("{}/log-in", super::visit::Prefix::of(request).0),
        Mode::Host { log_in, .. } => log_in.clone()?,
    };
    let is_live = request.headers().contains_key(HX_REQUEST);
    let mut query = form_urlencoded::Serializer::new(String::new());
    if request.method().is_safe() && !is_live {
        query.append_pair("next", &wanted(request));
    }
    let (query, mark) = (query.finish(), if address.contains('?') { '&' } else { '?' });
    let address = if query.is_empty() { address } else { format!("{address}{mark}{query}") };
    let mut answer = HttpResponse::build(if is_live { StatusCode::OK } else { StatusCode::SEE_OTHER });
    answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    Some(answer.insert_header((if is_live { HX_REDIRECT } else { LOCATION }, address)).finish())
}

/// What the framework answers without words gets them as well.
pub(super) fn of_status(status: StatusCode) -> ApiError {
    ApiError::new(Code::of_status(status), status.canonical_reason().unwrap_or_default())
}

/// Headers of the answer that the page replaces, `Retry-After` among them.
pub(super) fn keep_headers(from: &HttpResponse, to: &mut HttpResponse) {
    for (name, value) in from.headers() {
        if ![CONTENT_TYPE, CONTENT_LENGTH].contains(name) && !to.headers().contains_key(name) {
            to.headers_mut().append(name.clone(), value.clone());
        }
    }
}

/// A violation in the language of the page; in the words of the core where there is no translation.
pub(crate) fn message(language: Language, violation: &Violation) -> String {
    let name = format!("violation-{}", violation.code.replace('_', "-"));
    language.known(&name).unwrap_or_else(|| {
        let mut letters = violation.detail.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    })
}
