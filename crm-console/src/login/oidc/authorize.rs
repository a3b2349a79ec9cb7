//! Where the browser is sent, and what it brings back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::discovery::Document;
use super::{Bearer, Inner};
use crate::login::{Attempt, Departure, LoginError, Returned};

const OFFLINE: &str = "offline_access";

fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The challenge of a verifier (RFC 7636, section 4.2).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

impl Inner {
    pub(super) fn callback(&self) -> String {
        format!("{}/log-in/callback", self.options.address)
    }

    /// The authorization request.
    pub(super) fn departure(&self, document: &Document, is_asking: bool) -> Departure {
        let attempt = Attempt { state: random(), nonce: random(), verifier: random() };
        let mut url = document.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.options.client_id)
            .append_pair("redirect_uri", &self.callback())
            .append_pair("scope", &self.scope(document))
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &challenge(&attempt.verifier))
            .append_pair("code_challenge_method", "S256");
        if is_asking {
            query.append_pair("prompt", "login");
        }
        query.extend_pairs(&self.options.parameters);
        drop(query);
        Departure { url: url.into(), attempt }
    }

    /// The scopes, without offline access where the provider has none: some refuse what they do not know.
    fn scope(&self, document: &Document) -> String {
        let lacks = document.scopes_supported.as_ref().is_some_and(|known| !known.iter().any(|scope| scope == OFFLINE));
        let scopes = self.options.scopes.iter().filter(|scope| !(lacks && *scope == OFFLINE));
        scopes.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The code that was brought back.
    pub(super) fn code(&self, document: &Document, returned: Returned) -> Result<SecretString, LoginError> {
        let Returned { code, error, issuer } = returned;
        // RFC 9207: an answer of another provider is not for this one.
        let is_missing = issuer.is_none() && document.authorization_response_iss_parameter_supported;
        if is_missing || issuer.is_some_and(|issuer| issuer != self.options.issuer) {
            tracing::warn!("a log-in came back from another provider");
            return Err(LoginError::Untrusted);
        }
        match (code, error.as_deref()) {
            (Some(code), None) => Ok(code),
            (_, Some("access_denied")) => Err(LoginError::Declined),
            (_, Some("temporarily_unavailable" | "server_error")) => Err(LoginError::Unavailable),
            (
                _,
                Some("login_required" | "interaction_required" | "consent_required" | "account_selection_required"),
            ) => Err(LoginError::Refused),
            (_, Some(error)) => {
                tracing::error!(error = known_error(error), "the provider of log-ins refuses the request");
                Err(LoginError::Misconfigured)
            }
            (None, None) => Err(LoginError::Untrusted),
        }
    }

    /// The page at which the session of the browser ends (OpenID Connect RP-Initiated Logout 1.0).
    pub(super) fn farewell(&self, document: &Document, id_token: Option<&SecretString>) -> Option<String> {
        let mut url = document.end_session_endpoint.clone()?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", &self.options.client_id)
            .append_pair("post_logout_redirect_uri", &format!("{}/log-in", self.options.address));
        let may_hint = self.options.id_token_hint && self.options.bearer == Bearer::AccessToken;
        if let Some(id_token) = id_token.filter(|_| may_hint) {
            query.append_pair("id_token_hint", id_token.expose_secret());
        }
        drop(query);
        Some(url.into())
    }
}

/// The code of an error for the log: what anybody could write into an address is not logged.
pub(super) fn known_error(error: &str) -> &str {
    const KNOWN: &[&str] = &[
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "request_not_supported",
        "registration_not_supported",
    ];
    KNOWN.iter().find(|known| **known == error).copied().unwrap_or("another")
}

#[cfg(test)]
mod tests {
    use super::challenge;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
