//! Tokens signed with a secret that the CRM shares with their issuer (HS256).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use async_trait::async_trait;
use chrono::Utc;
use crm_core::actor::Actor;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::facts::FactsCache;
use super::rules::{self, TokenRules};
use super::{AuthError, Authenticator, CacheOptions, ClaimMapping, FactsKey, Revocations, TokenWatch, bearer_token};

/// The only algorithm; the one in the token is not used.
const ALGORITHM: Algorithm = Algorithm::HS256;

/// The options of verification with a shared secret.
#[derive(Clone, Debug)]
pub struct SharedSecretOptions {
    /// The secret; at least 32 bytes.
    pub secret: SecretString,
    /// The required issuer; any if absent.
    pub issuer: Option<String>,
    /// The required audience; any if absent.
    pub audience: Option<String>,
    /// The claims of tokens.
    pub claims: ClaimMapping,
}

/// Verifies tokens with a shared secret: signature, expiry, and the required issuer and audience.
#[derive(Clone)]
pub struct SharedSecret {
    decoding: DecodingKey,
    encoding: EncodingKey,
    validation: Validation,
    claims: ClaimMapping,
    rules: TokenRules,
    cache: Arc<FactsCache>,
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl SharedSecret {
    /// Verifies with this secret.
    #[must_use]
    pub fn new(options: SharedSecretOptions) -> Self {
        let SharedSecretOptions { secret, issuer, audience, claims } = options;
        let bytes = secret.expose_secret().as_bytes();
        let rules = TokenRules { issuer, audience };
        let validation = rules.validation(ALGORITHM);
        // A cached token stays valid until it expires; a minute avoids nearly all repeated verifications.
        let cache = CacheOptions { stale: Duration::ZERO, ..CacheOptions::default() };
        let cache = Arc::new(FactsCache::new(FactsKey::default(), cache, None));
        Self {
            decoding: DecodingKey::from_secret(bytes),
            encoding: EncodingKey::from_secret(bytes),
            validation,
            claims,
            rules,
            cache,
        }
    }

    /// The claims of a valid token.
    pub(super) fn verify(&self, token: &str) -> Result<Value, AuthError> {
        rules::check_format(token)?;
        Ok(rules::verified(token, &self.decoding, &self.validation)?)
    }

    /// The actor of a token.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for an invalid token, [`AuthError::RoleUnknown`] for its role.
    pub fn actor(&self, token: &str) -> Result<Actor, AuthError> {
        let facts = self.claims.facts(&self.verify(token)?, Utc::now());
        self.cache.refuse_revoked(&facts)?;
        self.claims.actor_of(&facts)
    }

    /// The revoked tokens.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        self.cache.revocations()
    }

    /// Signs a token with `claims`, adding issuer and audience. For a quick start, and for tests.
    ///
    /// # Errors
    /// The error of the signing library.
    pub fn mint(&self, mut claims: serde_json::Map<String, Value>) -> Result<String, jsonwebtoken::errors::Error> {
        let own = [("iss", &self.rules.issuer), ("aud", &self.rules.audience)];
        claims.extend(own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into()))));
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.encoding)
    }
}

#[async_trait(?Send)]
impl Authenticator for SharedSecret {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let token = bearer_token(request.headers())?;
        let verified = async { Ok(self.claims.facts(&self.verify(token)?, Utc::now())) };
        let facts = self.cache.facts(0, token, verified).await?;
        let actor = self.claims.actor_of(&facts)?;
        TokenWatch::note(request, facts, self.revocations());
        Ok(actor)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::{Value, json};

    use super::{AuthError, SharedSecret, SharedSecretOptions};

    fn verifier(secret: &str, issuer: Option<&str>, audience: Option<&str>) -> SharedSecret {
        SharedSecret::new(SharedSecretOptions {
            secret: secret.into(),
            issuer: issuer.map(str::to_owned),
            audience: audience.map(str::to_owned),
            claims: Default::default(),
        })
    }

    fn token(by: &SharedSecret, claims: Value) -> String {
        let mut all = json!({ "companyId": "acme", "sub": "ann", "role": "admin", "exp": Utc::now().timestamp() + 60 });
        crm_core::patch::merge(&mut all, claims);
        by.mint(all.as_object().unwrap().clone()).unwrap()
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_good_token_holds() {
        let ours = verifier(SECRET, Some("https://id"), Some("crm"));
        assert!(ours.actor(&token(&ours, json!({}))).is_ok());
        assert!(ours.actor(&token(&ours, json!({ "exp": Utc::now().timestamp() - 20 }))).is_ok());
    }

    #[test]
    fn a_bad_token_does_not() {
        let ours = verifier(SECRET, Some("https://id"), Some("crm"));
        let now = Utc::now().timestamp();
        let bad = [
            token(&verifier("another secret of thirty-two byte", Some("https://id"), Some("crm")), json!({})),
            token(&verifier(SECRET, Some("https://other"), Some("crm")), json!({})),
            token(&verifier(SECRET, Some("https://id"), Some("erp")), json!({})),
            token(&verifier(SECRET, None, Some("crm")), json!({})),
            token(&verifier(SECRET, Some("https://id"), None), json!({})),
            token(&ours, json!({ "exp": null })),
            token(&ours, json!({ "exp": now - 40 })),
            token(&ours, json!({ "nbf": now + 60 })),
            token(&ours, json!({ "exp": "tomorrow" })),
            String::new(),
            "a.b.c".to_owned(),
        ];
        for token in bad {
            assert!(matches!(ours.actor(&token), Err(AuthError::Invalid(_))), "{token}");
        }
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
        let ours = verifier(SECRET, None, None);
        let claims = json!({ "companyId": "acme", "sub": "ann", "role": "admin", "exp": Utc::now().timestamp() + 60 });
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let token = encode(&Header::new(algorithm), &claims, &key).unwrap();
            assert!(ours.actor(&token).is_err());
        }
        let signed = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", signed.split('.').nth(1).unwrap());
        assert!(ours.actor(&signed).is_ok());
        assert!(ours.actor(&unsigned).is_err());
        let critical = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
        assert!(ours.actor(&encode(&critical, &claims, &key).unwrap()).is_err());
    }
}
