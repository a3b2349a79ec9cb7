//! What pages of websites do with a form, without a token.

use actix_web::http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, LOCATION,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post, web};
use crm_core::capture_forms::{CaptureChallenge, NewSubmission, OpenCaptureForm};

use super::visit::FormVisit;
use super::{CaptureReceipt, known, pages, sent};
use crm_web::problem::ApiError;
use crm_web::problem::responses::{CaptureErrors, CaptureReadErrors};
use crm_web::request::{BrowserOrigin, FieldsBody};
use crm_web::service::Service;

/// How long a browser may remember that a page may send a form, in seconds.
const REMEMBERED: &str = "600";
/// What the path of a challenge has after the key.
const CHALLENGE: &str = "/challenge";

/// Get a challenge of a form
///
/// What a page needs to send a form: a challenge, which is good once, after `minSeconds`, and for `maxSeconds`; and the text to
/// agree to. Needs no token; the key is that of a form that takes submissions.
#[utoipa::path(
    tag = "capture-forms",
    security(()),
    params(("formKey" = String, Path, description = "The key of the form")),
    responses((status = 200, description = "The challenge", body = CaptureChallenge), CaptureReadErrors),
)]
#[get("/{formKey}/challenge")]
pub(super) async fn get_capture_challenge(
    request: HttpRequest,
    service: web::Data<Service>,
    key: web::Path<String>,
) -> HttpResponse {
    let mut visit = FormVisit::new(&request, &service);
    let outcome = visit.open(&key).await;
    visit.answer(outcome.map(|form| HttpResponse::Ok().json(form.challenge())))
}

/// Send a form
///
/// What a visitor has filled in, as JSON or as a page sends a form. As a form its names are the keys of the fields, `consent`,
/// `challenge`, `company_fax`, `utm_source`, `utm_medium`, `utm_campaign`, `utm_term`, `utm_content`, `landing_page` and `referrer`;
/// a browser is then sent to the form's page of thanks. The answer is the same whatever becomes of it: it does not tell
/// whether there is a lead with the address. Needs no token. At most 32 KiB.
#[utoipa::path(
    tag = "capture-forms",
    security(()),
    params(("formKey" = String, Path, description = "The key of the form")),
    request_body(
        description = "What was filled in",
        content((NewSubmission = "application/json"), (String = "application/x-www-form-urlencoded")),
    ),
    responses(
        (status = 202, description = "It has arrived", content(
            (CaptureReceipt = "application/json"),
            (String = "text/html"),
        )),
        (status = 303, description = "It has arrived; the browser goes on to the form's page",
            headers(("Location" = String, description = "The `redirectUrl` of the form"))),
        CaptureErrors,
    ),
)]
#[post("/{formKey}")]
pub(super) async fn submit_capture_form(
    request: HttpRequest,
    service: web::Data<Service>,
    key: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let mut visit = FormVisit::new(&request, &service);
    let outcome = match visit.open(&key).await {
        Ok(form) => submit(&mut visit, &request, form, payload).await,
        Err(failure) => Err(failure),
    };
    visit.answer(outcome)
}

/// The body is read last: who is not let in need not send it.
async fn submit(
    visit: &mut FormVisit<'_>,
    request: &HttpRequest,
    mut form: OpenCaptureForm,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    visit.count(&form).await?;
    let body = FieldsBody::<NewSubmission>::from_request(request, &mut payload.into_inner()).await?;
    let wants_page = matches!(body, FieldsBody::Form(_)) && accepts_page(request);
    form.submit(sent::read(body)?).await?;
    Ok(match form.redirect_url() {
        Some(url) if wants_page => HttpResponse::SeeOther().insert_header((LOCATION, url)).finish(),
        None if wants_page => {
            HttpResponse::Accepted().content_type("text/html; charset=utf-8").body(pages::thanks(request))
        }
        redirect_url => HttpResponse::Accepted().json(CaptureReceipt { redirect_url }),
    })
}

/// Whether a browser waits for a page, and not a script for data.
fn accepts_page(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// Everything else: a browser that asks what a page may do, and what is no route.
pub(super) async fn otherwise(request: HttpRequest, service: web::Data<Service>) -> Result<HttpResponse, ApiError> {
    if !BrowserOrigin::of(&request).asks_leave(&request) {
        return known().no_route(&request).await;
    }
    let path = request.match_info().unprocessed().trim_start_matches('/');
    let mut visit = FormVisit::new(&request, &service);
    let outcome = visit.open(path.strip_suffix(CHALLENGE).unwrap_or(path)).await;
    Ok(visit.answer(outcome.map(|_| {
        HttpResponse::NoContent()
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "content-type"))
            .insert_header((ACCESS_CONTROL_MAX_AGE, REMEMBERED))
            .finish()
    })))
}
