//! Log-in at a provider: the way there, and the way back.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use crm_web::auth::{AuthError, NO_COMPANY};
use crm_web::problem::ApiError;
use crm_web::request::Caller;
use secrecy::ExposeSecret;

use super::{begin, elsewhere, next, sessions, told};
use crate::base::fields::Fields;
use crate::console::Console;
use crate::login::{Departure, LoginError, ProviderLogin, Returned, Tokens, Way};
use crate::session::{Pending, cookie};
use crate::web::{Frame, PageResult, Prefix, console, html, is_secure, see_other};

#[derive(Template)]
#[template(path = "log_in_provider.html")]
struct ProviderPage {
    frame: Frame,
    provider: String,
    /// The wanted page, and whether the provider asks who it is.
    query: String,
    /// Why the last attempt failed.
    problem: Option<String>,
    /// True if another account may be let in.
    asks_again: bool,
}

/// Why a person who came back is not logged in.
#[derive(Clone, Copy)]
enum Reason {
    /// This browser has not begun this log-in, or has finished it.
    Unknown,
    /// It took too long.
    Expired,
    /// The provider gives no tokens.
    Login(LoginError),
    /// The service does not accept the token.
    NoCompany,
    NoRole,
    NotAccepted,
}

impl Reason {
    /// The words, and the status of the page.
    fn told(self) -> (&'static str, StatusCode) {
        match self {
            Self::Unknown => ("log-in-unknown", StatusCode::BAD_REQUEST),
            Self::Expired | Self::Login(LoginError::Refused) => ("log-in-expired", StatusCode::BAD_REQUEST),
            Self::Login(error) => told(error),
            Self::NoCompany => ("log-in-no-company", StatusCode::FORBIDDEN),
            Self::NoRole => ("log-in-no-role", StatusCode::FORBIDDEN),
            Self::NotAccepted => ("log-in-not-accepted", StatusCode::FORBIDDEN),
        }
    }

    /// Whether another account may be let in: the provider then asks who it is.
    fn is_of_the_account(self) -> bool {
        matches!(self, Self::NoCompany | Self::NoRole | Self::NotAccepted | Self::Login(LoginError::Declined))
    }
}

/// What came of a callback, for its handler.
struct Arrival {
    /// The wanted page.
    next: String,
    /// The state of the log-in, whose cookie has been used.
    state: Option<String>,
    outcome: Result<Tokens, Reason>,
}

/// The log-in page: a button, or at once the way to the provider for a person who wants a page.
pub(super) async fn show(
    request: &HttpRequest,
    console: &Console,
    provider: &dyn ProviderLogin,
    next: String,
    wants_page: bool,
) -> PageResult {
    if wants_page {
        return depart(request, console, provider, next, false).await;
    }
    page(request, console, provider, next, None)
}

/// The way to the provider.
pub(super) async fn start(request: HttpRequest) -> PageResult {
    let console = console(&request)?;
    let Way::Provider(provider) = sessions(&console)?.login.way() else { return Err(elsewhere()) };
    let query = Fields::parse(request.query_string().as_bytes());
    depart(&request, &console, provider, next(&request, &query), query.has("again")).await
}

async fn depart(
    request: &HttpRequest,
    console: &Console,
    provider: &dyn ProviderLogin,
    next: String,
    is_asking: bool,
) -> PageResult {
    let Departure { url, attempt } = match provider.begin(is_asking).await {
        Ok(departure) => departure,
        Err(error) => return page(request, console, provider, next, Some(Reason::Login(error))),
    };
    let state = attempt.state.clone();
    let sealed = sessions(console)?.seal_pending(&Pending::new(attempt, next))?;
    let mut answer = see_other(url);
    let cookie = cookie::of_pending(&state, sealed, is_secure(console, request));
    answer.add_cookie(&cookie).map_err(ApiError::internal)?;
    Ok(answer)
}

fn page(
    request: &HttpRequest,
    console: &Console,
    provider: &dyn ProviderLogin,
    next: String,
    reason: Option<Reason>,
) -> PageResult {
    // Choices of the menu come back to the button: the address of a callback has a code in it.
    let frame =
        Frame { here: format!("{}/log-in", Prefix::of(request).0), ..Frame::of(request, console.clone(), None, "") };
    let (problem, status) = match reason.map(Reason::told) {
        Some((name, status)) => (Some(frame.t(name)), status),
        None => (None, StatusCode::OK),
    };
    let asks_again = reason.is_some_and(Reason::is_of_the_account);
    let query = Fields::default().with("next", &next);
    let query = if asks_again { query.with("again", "1") } else { query }.query();
    html(status, &ProviderPage { frame, provider: provider.name().to_owned(), query, problem, asks_again })
}

/// Middleware of the callback: gets the tokens, and shows the access token to the authenticator. Only middleware can
/// change the headers of a request.
///
/// # Errors
/// The error of the handler.
pub(super) async fn arrive<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(arrival) = redeem(request.request()).await? {
        if let Ok(tokens) = &arrival.outcome {
            let bearer = HeaderValue::try_from(format!("Bearer {}", tokens.access_token.expose_secret()));
            let mut bearer = bearer.map_err(|_| ApiError::internal("an access token is no header"))?;
            bearer.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        request.extensions_mut().insert(arrival);
    }
    next.call(request).await
}

/// The tokens for what the browser brought back; `None` if people log in in another way.
async fn redeem(request: &HttpRequest) -> Result<Option<Arrival>, ApiError> {
    let console = console(request)?;
    let Some(sessions) = console.sessions() else { return Ok(None) };
    let Way::Provider(provider) = sessions.login.way() else { return Ok(None) };
    let query = Fields::parse(request.query_string().as_bytes());
    let state = query.text("state");
    let kept = cookie::pending(request, state, is_secure(&console, request));
    let Some(pending) = kept.and_then(|sealed| sessions.open_pending(state, &sealed)) else {
        let root = format!("{}/", Prefix::of(request).0);
        return Ok(Some(Arrival { next: root, state: None, outcome: Err(Reason::Unknown) }));
    };
    let outcome = if pending.has_expired() {
        Err(Reason::Expired)
    } else {
        let text = |name| query.get(name).map(str::to_owned);
        let returned = Returned { code: text("code").map(Into::into), error: text("error"), issuer: text("iss") };
        provider.finish(&pending.attempt, returned).await.map_err(Reason::Login)
    };
    Ok(Some(Arrival { next: pending.next, state: Some(state.to_owned()), outcome }))
}

/// The way back from the provider.
pub(super) async fn callback(request: HttpRequest) -> PageResult {
    let console = console(&request)?;
    let is_secure = is_secure(&console, &request);
    let arrival = request.extensions_mut().remove::<Arrival>();
    let Arrival { next, state, outcome } = arrival.ok_or_else(elsewhere)?;
    let mut answer = match outcome {
        Ok(tokens) => enter(&request, &console, tokens, next).await?,
        // The back button leads here once more.
        Err(Reason::Unknown) if Caller::of(&request).await.is_ok() => see_other(next),
        Err(reason) => failed(&request, &console, next, reason)?,
    };
    if let Some(state) = state {
        answer.add_cookie(&cookie::no_pending(&state, is_secure)).map_err(ApiError::internal)?;
    }
    Ok(answer)
}

/// Begins a session if the service accepts the token, so that no person is sent to and fro between two pages.
async fn enter(request: &HttpRequest, console: &Console, tokens: Tokens, next: String) -> PageResult {
    let sessions = sessions(console)?;
    let reason = match console.service.authenticator().authenticate(request).await {
        Ok(_) => return begin(request, sessions, tokens, next, is_secure(console, request)).await,
        Err(error) if error == NO_COMPANY => Reason::NoCompany,
        Err(AuthError::RoleUnknown) => Reason::NoRole,
        Err(AuthError::Unavailable) => Reason::Login(LoginError::Unavailable),
        Err(error) => {
            tracing::warn!(%error, "the token of a log-in is not accepted");
            Reason::NotAccepted
        }
    };
    // Its tokens are of no use here. The session at the provider is the person's.
    let _ = sessions.login.log_out(tokens.ended()).await;
    failed(request, console, next, reason)
}

fn failed(request: &HttpRequest, console: &Console, next: String, reason: Reason) -> Result<HttpResponse, ApiError> {
    match sessions(console)?.login.way() {
        Way::Provider(provider) => page(request, console, provider, next, Some(reason)),
        Way::Form(_) => Err(elsewhere()),
    }
}
