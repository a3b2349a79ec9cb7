//! The log-in page, a forgotten password, and the way out.

mod forgot;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use crm_web::problem::{ApiError, Code};
use crm_web::request::{Caller, limit_addresses};

use crate::base::fields::Fields;
use crate::console::Console;
use crate::login::{Credentials, LoginError};
use crate::session::{Sessions, cookie};
use crate::web::{Form, Frame, PageResult, Prefix, console, html, is_secure, local_path, see_other};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = web::resource("/log-in").route(web::get().to(show)).route(web::post().to(log_in));
    config.service(page.wrap(from_fn(limit_addresses)));
    let page = web::resource("/log-in/forgot").route(web::get().to(forgot::show)).route(web::post().to(forgot::ask));
    config.service(page.wrap(from_fn(limit_addresses)));
    config.route("/log-out", web::post().to(log_out));
}

#[derive(Template)]
#[template(path = "log_in.html")]
struct LogInPage {
    frame: Frame,
    email: String,
    next: String,
    /// Why the last attempt failed.
    problem: Option<String>,
    asks_for_code: bool,
}

fn sessions(console: &Console) -> Result<&Sessions, ApiError> {
    console.sessions().ok_or_else(|| ApiError::new(Code::NotFound, "the host logs people in"))
}

fn next(request: &HttpRequest, fields: &Fields) -> String {
    let prefix = Prefix::of(request);
    local_path(&prefix, fields.text("next")).map_or_else(|| format!("{}/", prefix.0), str::to_owned)
}

async fn show(request: HttpRequest) -> PageResult {
    let console = console(&request)?;
    sessions(&console)?;
    let query = Fields::parse(request.query_string().as_bytes());
    if Caller::of(&request).await.is_ok() {
        return Ok(see_other(next(&request, &query)));
    }
    let next = next(&request, &query);
    let frame = Frame::of(&request, console, None, "");
    html(StatusCode::OK, &LogInPage { frame, email: String::new(), next, problem: None, asks_for_code: false })
}

async fn log_in(request: HttpRequest, form: Form) -> PageResult {
    let console = console(&request)?;
    let (sessions, is_secure) = (sessions(&console)?, is_secure(&console, &request));
    let credentials = Credentials {
        email: form.0.text("email").to_owned(),
        password: form.0.verbatim("password").to_owned().into(),
        code: form.0.get("code").map(str::to_owned),
        device: cookie::device(&request),
        address: request.peer_addr().map(|address| address.ip().to_string()),
    };
    let tokens = match sessions.login.log_in(credentials).await {
        Ok(tokens) => tokens,
        Err(error) => return refused(&request, console.clone(), &form.0, error),
    };
    // The one before ends with the log-in of another person.
    if let Some(old) = cookie::session(&request, is_secure) {
        sessions.end(&old).await?;
    }
    let device = tokens.device.clone();
    let id = sessions.begin(tokens).await?;
    let mut answer = see_other(next(&request, &form.0));
    answer.add_cookie(&cookie::of_session(&id, is_secure)).map_err(ApiError::internal)?;
    if let Some(mark) = device {
        answer.add_cookie(&cookie::of_device(mark, is_secure)).map_err(ApiError::internal)?;
    }
    Ok(answer)
}

/// The same page with a reason that tells nothing of which half was wrong.
fn refused(request: &HttpRequest, console: Console, form: &Fields, error: LoginError) -> PageResult {
    let frame = Frame::of(request, console, None, "");
    let (name, status) = match error {
        LoginError::Refused => ("log-in-refused", StatusCode::UNPROCESSABLE_ENTITY),
        LoginError::CodeRequired => ("log-in-code-required", StatusCode::UNPROCESSABLE_ENTITY),
        LoginError::CodeWrong => ("log-in-code-wrong", StatusCode::UNPROCESSABLE_ENTITY),
        LoginError::TooManyAttempts => ("log-in-too-many", StatusCode::TOO_MANY_REQUESTS),
        LoginError::Unavailable => ("log-in-unavailable", StatusCode::SERVICE_UNAVAILABLE),
    };
    let asks_for_code = matches!(error, LoginError::CodeRequired | LoginError::CodeWrong);
    let (problem, email) = (Some(frame.t(name)), form.text("email").to_owned());
    html(status, &LogInPage { next: next(request, form), frame, email, problem, asks_for_code })
}

async fn log_out(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let console = console(&request)?;
    let (sessions, is_secure) = (sessions(&console)?, is_secure(&console, &request));
    if let Some(id) = cookie::session(&request, is_secure) {
        sessions.end(&id).await?;
    }
    let mut answer = see_other(format!("{}/log-in", Prefix::of(&request).0));
    answer.add_cookie(&cookie::no_session(is_secure)).map_err(ApiError::internal)?;
    // Pages that the browser keeps for its back button go as well.
    answer.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    Ok(answer)
}
