//! A forgotten password: a form that asks for a link. The answer is the same for every address.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use crm_web::problem::{ApiError, Code};

use crate::accounts::AccountsError;
use crate::web::{Form, Frame, PageResult, console, html, visitor};

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    frame: Frame,
    email: String,
    problem: Option<String>,
    is_sent: bool,
}

fn unknown() -> ApiError {
    ApiError::new(Code::NotFound, "no service can send links for passwords")
}

pub(super) async fn show(request: HttpRequest) -> PageResult {
    let console = console(&request)?;
    console.accounts.as_ref().ok_or_else(unknown)?;
    let frame = Frame::of(&request, console, None, "");
    html(StatusCode::OK, &ForgotPage { frame, email: String::new(), problem: None, is_sent: false })
}

pub(super) async fn ask(request: HttpRequest, form: Form) -> Result<HttpResponse, ApiError> {
    let console = console(&request)?;
    let accounts = console.accounts.clone().ok_or_else(unknown)?;
    let from = visitor(&console, &request).address;
    let email = form.0.text("email").to_owned();
    let (status, problem) = match accounts.forgot_password(&email, from.as_deref()).await {
        Ok(()) => (StatusCode::OK, None),
        Err(AccountsError::TooManyRequests { .. }) => (StatusCode::TOO_MANY_REQUESTS, Some("log-in-too-many")),
        Err(AccountsError::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, Some("log-in-unavailable")),
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, Some("violation-email-invalid")),
    };
    let frame = Frame::of(&request, console, None, "");
    let problem = problem.map(|name| frame.t(name));
    html(status, &ForgotPage { is_sent: problem.is_none(), frame, email, problem })
}
