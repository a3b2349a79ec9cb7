//! How callers send their credentials, as the document describes it and as a 401 asks for it.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::{AuthError, challenge};
use crate::problem::{ApiError, Code};

/// How callers send their credentials. Does not describe the credentials themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthScheme {
    location: Location,
    description: String,
    instructions: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Location {
    Bearer,
    Header(String),
    Cookie(String),
}

impl Default for AuthScheme {
    /// Bearer tokens of a user-management service.
    fn default() -> Self {
        let instructions = include_str!("instructions.md").trim_end().to_owned();
        Self { instructions, ..Self::bearer("The access token that the user-management service gave you.") }
    }
}

impl AuthScheme {
    /// `Authorization: Bearer <token>` (RFC 6750). `description` explains how to get a token.
    #[must_use]
    pub fn bearer(description: impl Into<String>) -> Self {
        Self::of(Location::Bearer, "`Authorization: Bearer <token>`", description.into())
    }

    /// A header of the host. `description` explains how to get its value.
    #[must_use]
    pub fn header(name: impl Into<String>, description: impl Into<String>) -> Self {
        let name = name.into();
        let what = format!("the header `{name}`");
        Self::of(Location::Header(name), &what, description.into())
    }

    /// A cookie of the host. `description` explains how to get it.
    ///
    /// Browsers send cookies automatically, and forms of other sites reach operations that take no JSON: give the
    /// cookie `SameSite=Lax` or `Strict`, or let the [`Authenticator`](super::Authenticator) check more than the
    /// cookie.
    #[must_use]
    pub fn cookie(name: impl Into<String>, description: impl Into<String>) -> Self {
        let name = name.into();
        let what = format!("the cookie `{name}`");
        Self::of(Location::Cookie(name), &what, description.into())
    }

    fn of(location: Location, what: &str, description: String) -> Self {
        let instructions = format!(
            "Send {what} with every request. {description} It identifies your company, you and your rights; a \
             request never reaches another company's data, whatever ids it contains."
        );
        Self { location, description, instructions }
    }

    /// The name of the scheme in the document.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.location {
            Location::Bearer => "bearerAuth",
            Location::Header(_) | Location::Cookie(_) => "sessionAuth",
        }
    }

    /// The description in the document.
    #[must_use]
    pub fn documented(&self) -> SecurityScheme {
        let described = |name: &String| ApiKeyValue::with_description(name.clone(), self.description.clone());
        match &self.location {
            Location::Bearer => {
                let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
                SecurityScheme::Http(scheme.description(Some(&self.description)).build())
            }
            Location::Header(name) => SecurityScheme::ApiKey(ApiKey::Header(described(name))),
            Location::Cookie(name) => SecurityScheme::ApiKey(ApiKey::Cookie(described(name))),
        }
    }

    /// The instructions for readers of the document, in Markdown.
    #[must_use]
    pub fn instructions(&self) -> &str {
        &self.instructions
    }

    /// The answer to an unauthenticated request. A 401 names a challenge (RFC 9110, section 15.5.2); for a scheme that
    /// is not registered the challenge names the header or cookie.
    pub(crate) fn refuse(&self, error: AuthError) -> ApiError {
        let (location, name) = match &self.location {
            Location::Bearer => return error.into(),
            Location::Header(name) => ("header", name),
            Location::Cookie(name) => ("cookie", name),
        };
        let (code, detail) = match error {
            AuthError::Missing => (Code::TokenMissing, format!("the {location} {name} is needed")),
            AuthError::Invalid(why) => (Code::TokenInvalid, why.to_owned()),
            other => return other.into(),
        };
        challenge(code, detail, format!("Session realm=\"crm\", in=\"{location}\", name=\"{name}\""))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::http::header::WWW_AUTHENTICATE;
    use serde_json::json;

    use super::{AuthError, AuthScheme};

    fn challenge(scheme: &AuthScheme, error: AuthError) -> (String, String) {
        let failure = scheme.refuse(error);
        let header =
            failure.error_response().headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().into());
        (header.unwrap_or_default(), failure.problem().detail)
    }

    #[test]
    fn a_refusal_says_where_credentials_belong() {
        let (header, cookie) = (AuthScheme::header("X-Session", "Log in."), AuthScheme::cookie("session", "Log in."));
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(
            challenge(&header, AuthError::Missing),
            pair("Session realm=\"crm\", in=\"header\", name=\"X-Session\"", "the header X-Session is needed")
        );
        assert_eq!(
            challenge(&cookie, AuthError::Invalid("the session has ended")),
            pair("Session realm=\"crm\", in=\"cookie\", name=\"session\"", "the session has ended")
        );
        assert_eq!(
            challenge(&AuthScheme::bearer("Ask for one."), AuthError::Missing),
            pair("Bearer realm=\"crm\"", "a token is required: Authorization: Bearer <token>")
        );
        assert_eq!(challenge(&header, AuthError::Unavailable).0, "");
    }

    #[test]
    fn the_contract_says_the_same() {
        let documented = |scheme: AuthScheme| serde_json::to_value(scheme.documented()).unwrap();
        assert_eq!(
            documented(AuthScheme::header("X-Session", "Log in.")),
            json!({ "type": "apiKey", "in": "header", "name": "X-Session", "description": "Log in." })
        );
        assert_eq!(
            documented(AuthScheme::cookie("session", "Log in.")),
            json!({ "type": "apiKey", "in": "cookie", "name": "session", "description": "Log in." })
        );
    }
}
