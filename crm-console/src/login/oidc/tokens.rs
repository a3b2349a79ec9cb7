//! The token endpoint (RFC 6749) and the end of refresh tokens (RFC 7009).

use chrono::{TimeDelta, Utc};
use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::authorize::known_error;
use super::client::ask;
use super::discovery::Document;
use super::id_token::Claims;
use super::{Bearer, Inner};
use crate::login::{LoginError, Tokens};

/// The lifetime of an access token of which the provider does not tell one.
const UNTOLD: TimeDelta = TimeDelta::minutes(5);
/// The longest lifetime that is believed.
const LONGEST: i64 = 365 * 24 * 3600;

/// What the token endpoint gives.
#[derive(Deserialize)]
pub(super) struct Granted {
    pub(super) access_token: SecretString,
    token_type: String,
    #[serde(default)]
    expires_in: Value,
    refresh_token: Option<SecretString>,
    pub(super) id_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct Problem {
    error: String,
}

type Form<'f> = Vec<(&'static str, &'f str)>;

impl Inner {
    /// The tokens for a code.
    pub(super) async fn redeem(
        &self,
        document: &Document,
        code: &SecretString,
        verifier: &str,
    ) -> Result<Granted, LoginError> {
        let callback = self.callback();
        let form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &callback),
            ("code_verifier", verifier),
        ];
        self.grant(document, form).await
    }

    /// The tokens for a refresh token.
    pub(super) async fn renew(&self, document: &Document, refresh_token: &SecretString) -> Result<Granted, LoginError> {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        self.grant(document, form).await
    }

    /// Ends a refresh token, if the provider can. Fails if it cannot be reached.
    pub(super) async fn revoke(&self, document: &Document, refresh_token: &SecretString) -> Result<(), LoginError> {
        let Some(url) = &document.revocation_endpoint else { return Ok(()) };
        let form = vec![("token", refresh_token.expose_secret()), ("token_type_hint", "refresh_token")];
        let (status, _) = ask("revocation", self.request(document, url, form)).await?;
        if !status.is_success() {
            tracing::warn!(status = status.as_u16(), "the provider of log-ins does not revoke a refresh token");
        }
        Ok(())
    }

    async fn grant(&self, document: &Document, form: Form<'_>) -> Result<Granted, LoginError> {
        let (status, body) = ask("tokens", self.request(document, &document.token_endpoint, form)).await?;
        if status != StatusCode::OK {
            return Err(refusal(status, &body));
        }
        let granted = serde_json::from_slice::<Granted>(&body).ok();
        granted.filter(|granted| granted.token_type.eq_ignore_ascii_case("bearer")).ok_or_else(|| {
            tracing::warn!("the provider of log-ins answers something else than tokens");
            LoginError::Unavailable
        })
    }

    /// A request with the credentials of the client, in the header unless the provider takes them in the form only.
    fn request<'f>(&'f self, document: &Document, url: &Url, mut form: Form<'f>) -> RequestBuilder {
        let mut request = self.client.post(url.clone());
        let id = &*self.options.client_id;
        match &self.options.client_secret {
            None => form.push(("client_id", id)),
            Some(secret) if takes_form_only(document) => {
                form.extend([("client_id", id), ("client_secret", secret.expose_secret())]);
            }
            Some(secret) => {
                // RFC 6749, section 2.3.1: both are form-encoded before they are joined.
                let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request = request.basic_auth(encode(id), Some(encode(secret.expose_secret())));
            }
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        request.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// The tokens of the session.
    pub(super) fn tokens(&self, granted: Granted, claims: Option<&Claims>) -> Result<Tokens, LoginError> {
        let now = Utc::now();
        let told = seconds(&granted.expires_in).and_then(TimeDelta::try_seconds).map(|lifetime| now + lifetime);
        let (access_token, expires_at) = match self.options.bearer {
            Bearer::AccessToken => (granted.access_token, told.unwrap_or(now + UNTOLD)),
            Bearer::IdToken => {
                let expiry = claims.and_then(Claims::expires_at);
                // Some providers refresh access tokens only: then people have to log in again.
                granted.id_token.clone().zip(expiry).ok_or(LoginError::Refused)?
            }
        };
        let (refresh_token, id_token) = (granted.refresh_token, granted.id_token);
        Ok(Tokens { access_token, expires_at, refresh_token, id_token, device: None, company_name: None })
    }
}

fn takes_form_only(document: &Document) -> bool {
    let methods = document.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
    let takes = |wanted: &str| methods.iter().any(|method| method == wanted);
    takes("client_secret_post") && !takes("client_secret_basic")
}

/// Some providers write numbers as texts.
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    (0..=LONGEST).contains(&seconds).then_some(seconds)
}

/// Why there are no tokens. The provider's own words may name a person, so they are not logged.
fn refusal(status: StatusCode, body: &[u8]) -> LoginError {
    let problem = serde_json::from_slice::<Problem>(body).ok().filter(|_| status.is_client_error());
    match problem.as_ref().map(|problem| problem.error.as_str()) {
        Some("invalid_grant") => LoginError::Refused,
        Some("temporarily_unavailable" | "slow_down") => LoginError::Unavailable,
        Some(error) if status != StatusCode::TOO_MANY_REQUESTS => {
            tracing::error!(error = known_error(error), "the provider of log-ins refuses the console");
            LoginError::Misconfigured
        }
        _ => {
            tracing::warn!(status = status.as_u16(), "the provider of log-ins fails");
            LoginError::Unavailable
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::seconds;

    #[test]
    fn lifetimes_are_numbers_or_texts() {
        assert_eq!([json!(300), json!("300")].map(|value| seconds(&value)), [Some(300), Some(300)]);
        for bad in [json!(null), json!(-1), json!("soon"), json!(1.5), json!(i64::MAX)] {
            assert_eq!(seconds(&bad), None, "{bad}");
        }
    }
}
