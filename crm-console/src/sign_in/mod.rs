//! The log-in page, a forgotten password, and the way out.

mod forgot;
mod provider;

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
use crate::login::{Credentials, LoginError, Tokens, Way};
use crate::session::{Sessions, cookie};
use crate::web::{Form, Frame, PageResult, Prefix, console, html, is_secure, local_path, see_other, visitor};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(crate) fn routes(config: &mut ServiceConfig) {
    let page = web::resource("/log-in").route(web::get().to(show)).route(web::post().to(log_in));
    config.service(page.wrap(from_fn(limit_addresses)));
    let page = web::resource("/log-in/forgot").route(web::get().to(forgot::show)).route(web::post().to(forgot::ask));
    config.service(page.wrap(from_fn(limit_addresses)));
    let page = web::resource("/log-in/start").route(web::get().to(provider::start));
    config.service(page.wrap(from_fn(limit_addresses)));
    let page = web::resource("/log-in/callback").route(web::get().to(provider::callback));
    config.service(page.wrap(from_fn(provider::arrive)).wrap(from_fn(limit_addresses)));
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

/// Sends the browser on to the provider, where a session of its own ends.
#[derive(Template)]
#[template(path = "logged_out.html")]
struct LoggedOutPage {
    frame: Frame,
    url: String,
    provider: String,
}

fn sessions(console: &Console) -> Result<&Sessions, ApiError> {
    console.sessions().ok_or_else(|| ApiError::new(Code::NotFound, "the host logs people in"))
}

/// The wanted page. A longer address than that of any page is not remembered.
fn next(request: &HttpRequest, fields: &Fields) -> String {
    const LONGEST: usize = 1000;
    let prefix = Prefix::of(request);
    let wanted = local_path(&prefix, fields.text("next")).filter(|path| path.len() <= LONGEST);
    wanted.map_or_else(|| format!("{}/", prefix.0), str::to_owned)
}

async fn show(request: HttpRequest) -> PageResult {
    let console = console(&request)?;
    let sessions = sessions(&console)?;
    let query = Fields::parse(request.query_string().as_bytes());
    if Caller::of(&request).await.is_ok() {
        return Ok(see_other(next(&request, &query)));
    }
    let wants_page = query.has("next");
    let next = next(&request, &query);
    if let Way::Provider(provider) = sessions.login.way() {
        return provider::show(&request, &console, provider, next, wants_page).await;
    }
    let frame = Frame::of(&request, console, None, "");
    html(StatusCode::OK, &LogInPage { frame, email: String::new(), next, problem: None, asks_for_code: false })
}

async fn log_in(request: HttpRequest, form: Form) -> PageResult {
    let console = console(&request)?;
    let (sessions, is_secure) = (sessions(&console)?, is_secure(&console, &request));
    let Way::Form(login) = sessions.login.way() else { return Err(elsewhere()) };
    let credentials = Credentials {
        email: form.0.text("email").to_owned(),
        password: form.0.verbatim("password").to_owned().into(),
        code: form.0.get("code").map(str::to_owned),
        device: cookie::device(&request),
        visitor: visitor(&console, &request),
    };
    let tokens = match login.log_in(credentials).await {
        Ok(tokens) => tokens,
        Err(error) => return refused(&request, console.clone(), &form.0, error),
    };
    let device = tokens.device.clone();
    let mut answer = begin(&request, sessions, tokens, next(&request, &form.0), is_secure).await?;
    if let Some(mark) = device {
        answer.add_cookie(&cookie::of_device(mark, is_secure)).map_err(ApiError::internal)?;
    }
    Ok(answer)
}

fn elsewhere() -> ApiError {
    ApiError::new(Code::NotFound, "people log in in another way")
}

/// Begins a session, and goes to the wanted page.
async fn begin(
    request: &HttpRequest,
    sessions: &Sessions,
    tokens: Tokens,
    next: String,
    is_secure: bool,
) -> Result<HttpResponse, ApiError> {
    // The one before ends with the log-in of another person.
    if let Some(old) = cookie::session(request, is_secure) {
        sessions.end(&old).await?;
    }
    let id = sessions.begin(tokens).await?;
    let mut answer = see_other(next);
    answer.add_cookie(&cookie::of_session(&id, is_secure)).map_err(ApiError::internal)?;
    Ok(answer)
}

/// The words for an error, and the status of the page with them.
fn told(error: LoginError) -> (&'static str, StatusCode) {
    match error {
        LoginError::Refused => ("log-in-refused", StatusCode::UNPROCESSABLE_ENTITY),
        LoginError::CodeRequired => ("log-in-code-required", StatusCode::UNPROCESSABLE_ENTITY),
        LoginError::CodeWrong => ("log-in-code-wrong", StatusCode::UNPROCESSABLE_ENTITY),
        LoginError::TooManyAttempts => ("log-in-too-many", StatusCode::TOO_MANY_REQUESTS),
        LoginError::Unavailable => ("log-in-unavailable", StatusCode::SERVICE_UNAVAILABLE),
        LoginError::Declined => ("log-in-declined", StatusCode::FORBIDDEN),
        LoginError::Untrusted => ("log-in-untrusted", StatusCode::BAD_GATEWAY),
        LoginError::ClocksDiffer => ("log-in-clocks", StatusCode::BAD_GATEWAY),
        LoginError::Misconfigured => ("log-in-misconfigured", StatusCode::BAD_GATEWAY),
    }
}

/// The same page with a reason that tells nothing of which half was wrong.
fn refused(request: &HttpRequest, console: Console, form: &Fields, error: LoginError) -> PageResult {
    let frame = Frame::of(request, console, None, "");
    let (name, status) = told(error);
    let asks_for_code = matches!(error, LoginError::CodeRequired | LoginError::CodeWrong);
    let (problem, email) = (Some(frame.t(name)), form.text("email").to_owned());
    html(status, &LogInPage { next: next(request, form), frame, email, problem, asks_for_code })
}

async fn log_out(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let console = console(&request)?;
    let (sessions, is_secure) = (sessions(&console)?, is_secure(&console, &request));
    let there = match cookie::session(&request, is_secure) {
        Some(id) => sessions.end(&id).await?,
        None => None,
    };
    let mut answer = match (there, sessions.login.way()) {
        // A page and no redirect: browsers check the targets of forms against the policy, and providers redirect further.
        (Some(url), Way::Provider(provider)) => {
            let frame = Frame::of(&request, console.clone(), None, "");
            html(StatusCode::OK, &LoggedOutPage { frame, url, provider: provider.name().to_owned() })?
        }
        _ => see_other(format!("{}/log-in", Prefix::of(&request).0)),
    };
    answer.add_cookie(&cookie::no_session(is_secure)).map_err(ApiError::internal)?;
    // Pages that the browser keeps for its back button go as well.
    answer.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    Ok(answer)
}
