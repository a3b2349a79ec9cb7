//! The cookies of a browser.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use super::SessionId;

/// Over HTTPS. The prefix binds the cookie to this host: no neighbour and no plain connection can set it.
const SECURE: &str = "__Host-crm_session";
const PLAIN: &str = "crm_session";
const DEVICE: &str = "crm_device";
/// The choice of the language.
pub const LANGUAGE: &str = "crm_language";
/// The choice of the theme.
pub const THEME: &str = "crm_theme";
/// How long a choice or a device is remembered.
const REMEMBERED: Duration = Duration::days(180);
/// How long a log-in at a provider may take.
const PENDING: Duration = Duration::minutes(10);

/// Of a log-in that goes on at a provider: a few at once, because people open several pages.
const SECURE_PENDING: [&str; 4] =
    ["__Host-crm_log_in", "__Host-crm_log_in_1", "__Host-crm_log_in_2", "__Host-crm_log_in_3"];
const PLAIN_PENDING: [&str; 4] = ["crm_log_in", "crm_log_in_1", "crm_log_in_2", "crm_log_in_3"];

/// The name of the cookie of a log-in with this state.
fn pending_name(state: &str, is_secure: bool) -> &'static str {
    let names = if is_secure { SECURE_PENDING } else { PLAIN_PENDING };
    names[state.bytes().fold(0, |sum, byte| sum + usize::from(byte)) % names.len()]
}

/// What the browser remembers of a log-in with this state.
#[must_use]
pub fn pending(request: &HttpRequest, state: &str, is_secure: bool) -> Option<String> {
    Some(request.cookie(pending_name(state, is_secure))?.value().to_owned())
}

/// The cookie of a log-in that goes on at a provider.
#[must_use]
pub fn of_pending(state: &str, sealed: String, is_secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(pending_name(state, is_secure), sealed, is_secure);
    cookie.set_max_age(PENDING);
    cookie
}

/// Removes what is remembered of a log-in: it is used once.
#[must_use]
pub fn no_pending(state: &str, is_secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(pending_name(state, is_secure), String::new(), is_secure);
    cookie.make_removal();
    cookie
}

const fn name(is_secure: bool) -> &'static str {
    if is_secure { SECURE } else { PLAIN }
}

/// The session that a request shows.
#[must_use]
pub fn session(request: &HttpRequest, is_secure: bool) -> Option<SessionId> {
    SessionId::parse(request.cookie(name(is_secure))?.value())
}

/// The mark of the device.
#[must_use]
pub fn device(request: &HttpRequest) -> Option<String> {
    request.cookie(DEVICE).map(|cookie| cookie.value().to_owned())
}

fn cookie(name: &'static str, value: String, is_secure: bool) -> Cookie<'static> {
    Cookie::build(name, value).path("/").http_only(true).secure(is_secure).same_site(SameSite::Lax).finish()
}

/// The cookie of a session; it lasts as long as the browser.
#[must_use]
pub fn of_session(id: &SessionId, is_secure: bool) -> Cookie<'static> {
    cookie(name(is_secure), id.as_str().to_owned(), is_secure)
}

/// Removes the session.
#[must_use]
pub fn no_session(is_secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(name(is_secure), String::new(), is_secure);
    cookie.make_removal();
    cookie
}

/// The cookie of a device.
#[must_use]
pub fn of_device(mark: String, is_secure: bool) -> Cookie<'static> {
    remembered(DEVICE, mark, is_secure)
}

/// A choice that is remembered.
#[must_use]
pub fn remembered(name: &'static str, value: String, is_secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(name, value, is_secure);
    cookie.set_max_age(REMEMBERED);
    cookie
}
