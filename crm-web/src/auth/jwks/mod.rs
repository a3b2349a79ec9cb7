//! Tokens signed with keys whose public halves the user-management service publishes (RFC 7517).

mod key_store;
mod keys;
mod published;
mod source;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use async_trait::async_trait;
use chrono::Utc;
use crm_core::actor::Actor;
use jsonwebtoken::{Algorithm, Header};
use serde_json::Value;

pub use published::{PublishedKeys, SignedToken, TokenFault};
pub use source::KeySource;

use self::key_store::{KeyStore, Keys};
use self::keys::KeySet;
use super::facts::FactsCache;
use super::rules::{NOT_GENUINE, Refusal, TokenRules, check_format, verified};
use super::{
    AuthError, Authenticator, CacheOptions, ClaimMapping, FactsKey, Revocations, TokenWatch, UpstreamError,
    UpstreamOptions, VerifiedClaims, bearer_token,
};

/// The algorithms with public keys, in the order in which messages list them.
pub const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The options of verification with published keys.
#[derive(Clone, Debug)]
pub struct JwksOptions {
    /// The source of the keys.
    pub source: KeySource,
    /// The rules for tokens. Set an audience: the service signs tokens for others too.
    pub rules: TokenRules,
    /// The allowed algorithms; those that are not in [`ALGORITHMS`] are ignored.
    pub algorithms: Vec<Algorithm>,
    /// The claims of tokens.
    pub claims: ClaimMapping,
    /// The limits of calls to the service.
    pub upstream: UpstreamOptions,
    /// The interval of fetches.
    pub refresh: Duration,
    /// How long keys are used that cannot be fetched again.
    pub stale: Duration,
    /// The minimum interval of fetches caused by tokens with unknown keys.
    pub pause: Duration,
    /// How long claims of a verified token are cached; a change of keys invalidates them.
    pub cache_ttl: Duration,
}

impl JwksOptions {
    /// Keys from `source`, fetched every minute and used for at most a day, for tokens with these rules.
    #[must_use]
    pub fn new(source: KeySource, rules: TokenRules) -> Self {
        Self {
            source,
            rules,
            algorithms: ALGORITHMS.to_vec(),
            claims: ClaimMapping::default(),
            upstream: UpstreamOptions::default(),
            refresh: Duration::from_secs(60),
            stale: Duration::from_secs(24 * 3600),
            pause: Duration::from_secs(30),
            cache_ttl: Duration::from_secs(60),
        }
    }
}

/// Verifies tokens with the public keys of the user-management service. Cheap to clone.
#[derive(Clone)]
pub struct Jwks(Arc<Inner>);

struct Inner {
    key_store: Arc<KeyStore>,
    rules: TokenRules,
    claims: ClaimMapping,
    algorithms: Vec<Algorithm>,
    cache: FactsCache,
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks").field("rules", &self.0.rules).finish_non_exhaustive()
    }
}

impl Jwks {
    /// Fetches the keys, and keeps fetching them on this runtime as long as a clone exists. If they cannot be fetched
    /// now, requests are refused until a later fetch succeeds.
    ///
    /// # Errors
    /// [`UpstreamError`] if no TLS client can be created on this machine.
    pub async fn start(options: JwksOptions) -> Result<Self, UpstreamError> {
        let key_store = KeyStore::start(&options).await?;
        let JwksOptions { rules, algorithms, claims, cache_ttl, .. } = options;
        // Not shared with other instances: a lookup in Redis takes longer than the verification.
        let cache = CacheOptions { ttl: cache_ttl, stale: Duration::ZERO };
        let cache = FactsCache::new(FactsKey::default(), cache, None);
        Ok(Self(Arc::new(Inner { key_store, rules, claims, algorithms, cache })))
    }

    /// The actor of a token.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for an invalid token, [`AuthError::RoleUnknown`] for its role, and
    /// [`AuthError::Unavailable`] without keys.
    pub async fn actor(&self, token: &str) -> Result<Actor, AuthError> {
        self.0.claims.actor_of(&*self.facts(token).await?)
    }

    async fn facts(&self, token: &str) -> Result<Arc<VerifiedClaims>, AuthError> {
        check_format(token)?;
        let keys = self.0.key_store.keys().ok_or(AuthError::Unavailable)?;
        self.0.cache.facts(keys.generation, token, self.0.verify(token, &keys)).await
    }

    /// The revoked tokens.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        self.0.cache.revocations()
    }

    /// Whether there are keys to verify tokens with.
    pub(crate) fn has_keys(&self) -> bool {
        self.0.key_store.keys().is_some()
    }

    /// Whether the keys can be fetched.
    pub(crate) async fn answers(&self) -> bool {
        self.0.key_store.answers().await
    }
}

impl Inner {
    async fn verify(&self, token: &str, keys: &Keys) -> Result<VerifiedClaims, AuthError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| NOT_GENUINE)?;
        if !self.algorithms.contains(&header.alg) || !ALGORITHMS.contains(&header.alg) {
            return Err(AuthError::Invalid("the token is signed with an algorithm that is not allowed"));
        }
        let claims = match verify_with(&keys.set, &self.rules, token, &header) {
            Err(Refusal::Signature) if keys.set.may_miss(header.kid.as_deref()) => {
                let keys = self.key_store.keys_after(keys.generation).await?;
                verify_with(&keys.set, &self.rules, token, &header)
            }
            outcome => outcome,
        }?;
        Ok(self.claims.facts(&claims, Utc::now()))
    }
}

/// The claims, if one of the keys has signed them.
fn verify_with(keys: &KeySet, rules: &TokenRules, token: &str, header: &Header) -> Result<Value, Refusal> {
    let validation = rules.validation(header.alg);
    let mut outcomes =
        keys.of(header.kid.as_deref(), header.alg).map(|key| verified(token, &key.decoding, &validation));
    outcomes.find(|outcome| !matches!(outcome, Err(Refusal::Signature))).unwrap_or(Err(Refusal::Signature))
}

#[async_trait(?Send)]
impl Authenticator for Jwks {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let facts = self.facts(bearer_token(request.headers())?).await?;
        let actor = self.0.claims.actor_of(&facts)?;
        TokenWatch::note(request, facts, self.revocations());
        Ok(actor)
    }
}
