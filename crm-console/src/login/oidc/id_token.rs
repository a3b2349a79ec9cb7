//! ID tokens (OpenID Connect Core 1.0, sections 3.1.3 and 12.2).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use crm_web::auth::{SignedToken, SigningAlgorithm, TokenFault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Inner;
use super::discovery::Provider;
use crate::login::LoginError;

/// The maximum difference of clocks, in seconds.
const SKEW: i64 = 30;

/// The claims of an ID token whose signature, issuer, audience and times are verified.
pub(super) struct Claims(SignedToken);

impl Claims {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.claims.get(name)?.as_str()
    }

    /// When it expires.
    pub(super) fn expires_at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.0.claims.get("exp")?.as_i64()?, 0)
    }
}

impl Inner {
    /// The claims of an ID token. Keys are asked for once more if it is signed with a new one.
    pub(super) async fn verify(&self, provider: &Arc<Provider>, token: &SecretString) -> Result<Claims, LoginError> {
        let token = token.expose_secret();
        let verified = match provider.keys.verify(token, &self.rules) {
            Err(TokenFault::UnknownKey) => self.provider_after(provider).await?.keys.verify(token, &self.rules),
            verified => verified,
        };
        let signed = verified.map_err(|fault| {
            tracing::warn!(%fault, "an ID token is refused");
            if fault == TokenFault::Time { LoginError::ClocksDiffer } else { LoginError::Untrusted }
        })?;
        Ok(Claims(signed))
    }
}

/// Checks the ID token of a log-in.
pub(super) fn check_log_in(
    claims: &Claims,
    client_id: &str,
    nonce: &str,
    access_token: &SecretString,
) -> Result<(), LoginError> {
    check(claims, client_id, access_token)?;
    hold(claims.text("nonce") == Some(nonce), "it is of another log-in")
}

/// Checks the ID token of a refresh: it is of the same person.
pub(super) fn check_refresh(
    claims: &Claims,
    client_id: &str,
    before: Option<&SecretString>,
    access_token: &SecretString,
) -> Result<(), LoginError> {
    check(claims, client_id, access_token)?;
    let before = before.and_then(|token| subject(token.expose_secret()));
    hold(before.is_none_or(|before| claims.text("sub") == Some(&*before)), "it is of another person")
}

fn check(claims: &Claims, client_id: &str, access_token: &SecretString) -> Result<(), LoginError> {
    hold(claims.text("sub").is_some_and(|sub| !sub.is_empty()), "it names no person")?;
    let parties = claims.0.claims.get("aud").and_then(Value::as_array).map_or(1, Vec::len);
    let authorized = claims.text("azp");
    let is_ours = authorized.map_or(parties <= 1, |party| party == client_id);
    hold(is_ours, "it is for another client")?;
    let issued = claims.0.claims.get("iat").and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds of our time are exact")]
    let latest = (Utc::now().timestamp() + SKEW) as f64;
    if issued.is_some_and(|issued| issued > latest) {
        tracing::warn!("an ID token is refused: it is of the future");
        return Err(LoginError::ClocksDiffer);
    }
    let expected = half_hash(claims.0.algorithm, access_token.expose_secret());
    hold(claims.text("at_hash").is_none_or(|hash| hash == expected), "it belongs to another access token")
}

fn hold(holds: bool, fault: &'static str) -> Result<(), LoginError> {
    if holds {
        return Ok(());
    }
    tracing::warn!(fault, "an ID token is refused");
    Err(LoginError::Untrusted)
}

/// The left half of the hash of an access token, by the algorithm that signed the ID token.
fn half_hash(algorithm: SigningAlgorithm, text: &str) -> String {
    use SigningAlgorithm as A;
    let hash = match algorithm {
        A::RS384 | A::PS384 | A::ES384 => Sha384::digest(text).to_vec(),
        A::RS512 | A::PS512 | A::EdDSA => Sha512::digest(text).to_vec(),
        _ => Sha256::digest(text).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

/// The person of a token that was verified when it came.
fn subject(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}
