//! Security headers for browsers.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// Answers of the API are data: nothing in them may be executed or framed.
const DATA: &str = "default-src 'none'; frame-ancestors 'none'";
/// Swagger UI uses its own scripts and inline styles.
const PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Adds the headers. `Strict-Transport-Security` is left to the proxy that terminates TLS.
pub(super) fn secure(headers: &mut HeaderMap, is_page: bool) {
    let policy = if is_page { PAGES } else { DATA };
    // A page of a service has a policy of its own.
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    let added: [(HeaderName, &'static str); 3] =
        [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (X_FRAME_OPTIONS, "DENY"), (REFERRER_POLICY, "no-referrer")];
    for (name, value) in added {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
