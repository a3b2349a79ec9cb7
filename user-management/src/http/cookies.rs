//! The two cookies of a browser: the refresh token, and the mark of a device that has signed in before.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieBuilder, SameSite};

use super::Service;
use crate::sessions::SignedIn;

const REFRESH: &str = "um_refresh";
const DEVICE: &str = "um_device";
/// Each cookie is sent to one path only, below wherever the routes are mounted.
const REFRESH_PATH: &str = "/api/auth/refresh";
const LOGIN_PATH: &str = "/api/auth/login";
/// How long a device is remembered.
const DEVICE_DAYS: i64 = 180;

/// The refresh token of a request.
pub(super) fn refresh_token(request: &HttpRequest) -> Option<String> {
    request.cookie(REFRESH).map(|cookie| cookie.value().to_owned())
}

/// The mark of the device.
pub(super) fn device(request: &HttpRequest) -> Option<String> {
    request.cookie(DEVICE).map(|cookie| cookie.value().to_owned())
}

/// The cookies of a log-in, for the answer to this request.
pub(super) fn of_session(service: &Service, request: &HttpRequest, signed_in: &SignedIn) -> [Cookie<'static>; 2] {
    let lifetime = i64::try_from(service.users().options().refresh_token.as_secs()).unwrap_or(i64::MAX);
    let cookie = |name, value: &str, path, age| cookie(service, request, name, value.to_owned(), path).max_age(age);
    [
        cookie(REFRESH, &signed_in.refresh_token, REFRESH_PATH, Duration::seconds(lifetime)).finish(),
        cookie(DEVICE, &signed_in.device, LOGIN_PATH, Duration::days(DEVICE_DAYS)).finish(),
    ]
}

/// Removes the refresh token.
pub(super) fn removed(service: &Service, request: &HttpRequest) -> Cookie<'static> {
    let mut cookie = cookie(service, request, REFRESH, String::new(), REFRESH_PATH).finish();
    cookie.make_removal();
    cookie
}

fn cookie(
    service: &Service,
    request: &HttpRequest,
    name: &'static str,
    value: String,
    path: &str,
) -> CookieBuilder<'static> {
    // The last one: the routes may be mounted below a path that has such a segment too.
    let prefix = request.path().rsplit_once("/api/auth/").map_or("", |(prefix, _)| prefix);
    Cookie::build(name, value)
        .path(format!("{prefix}{path}"))
        .http_only(true)
        .secure(service.has_secure_cookies())
        .same_site(SameSite::Strict)
}
