//! Bearer tokens (RFC 6750).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::AuthError;

/// The bearer token of a request.
///
/// # Errors
/// [`AuthError::Missing`] without an `Authorization` header of this scheme; [`AuthError::Invalid`] with more than one,
/// because servers may disagree which one counts.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(AuthError::Missing)?;
    if values.next().is_some() {
        return Err(AuthError::Invalid("there is more than one Authorization header"));
    }
    let text = value.to_str().map_err(|_| AuthError::Invalid("the Authorization header is not a text"))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(AuthError::Missing),
    }
}
