//! Tokens that the user-management service verifies by introspection (RFC 7662).

use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;
use async_trait::async_trait;
use chrono::Utc;
use crm_core::actor::Actor;
use form_urlencoded::byte_serialize;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::facts::FactsCache;
use super::rules::{NO_ACCESS_TOKEN, TokenRules, check_format, seconds};
use super::upstream::{CallError, Upstream};
use super::{
    AuthError, Authenticator, CacheOptions, ClaimMapping, FactsKey, Revocations, SharedFacts, SharedSecret,
    SharedSecretOptions, TokenWatch, UpstreamError, UpstreamOptions, VerifiedClaims, bearer_token,
};
use crate::breaker::Breaker;

/// The maximum size of an answer, in bytes.
const LARGEST: usize = 64 * 1024;
/// A token for health checks that can belong to no user.
const NO_TOKEN: &str = "crm-health-check";

/// The client credentials of the CRM at the user-management service.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The client id (`client_id`).
    pub id: String,
    /// The client secret (`client_secret`).
    pub secret: SecretString,
}

impl ClientCredentials {
    /// The request with these credentials. RFC 6749, section 2.3.1: both are form-encoded first.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        request.basic_auth(encode(&self.id), Some(encode(self.secret.expose_secret())))
    }
}

/// The options of introspection.
#[derive(Clone, Debug)]
pub struct IntrospectionOptions {
    /// The introspection endpoint.
    pub endpoint: Url,
    /// The client credentials; none are sent if absent.
    pub client: Option<ClientCredentials>,
    /// The secret of signed tokens (HS256), if their signature is checked before the call.
    pub secret: Option<SecretString>,
    /// The rules for tokens.
    pub rules: TokenRules,
    /// The claims in answers, and in signed tokens.
    pub claims: ClaimMapping,
    /// The limits of calls to the service.
    pub upstream: UpstreamOptions,
    /// The lifetimes of cached claims.
    pub cache: CacheOptions,
    /// The key of cached claims.
    pub key: FactsKey,
}

/// Verifies tokens with the introspection endpoint of the user-management service. Cheap to clone.
#[derive(Clone)]
pub struct Introspection(Arc<Inner>);

struct Inner {
    endpoint: Url,
    client: Option<ClientCredentials>,
    local: Option<SharedSecret>,
    rules: TokenRules,
    claims: ClaimMapping,
    upstream: Upstream,
    breaker: Breaker,
    cache: FactsCache,
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("rules", &self.0.rules).finish_non_exhaustive()
    }
}

impl Introspection {
    /// Does not call the service yet. With `shared`, instances share verified claims.
    ///
    /// # Errors
    /// [`UpstreamError`] if no TLS client can be created on this machine.
    pub fn new(options: IntrospectionOptions, shared: Option<Arc<dyn SharedFacts>>) -> Result<Self, UpstreamError> {
        let IntrospectionOptions { endpoint, client, secret, rules, claims, upstream, cache, key } = options;
        let local = secret.map(|secret| {
            let TokenRules { issuer, audience } = rules.clone();
            SharedSecret::new(SharedSecretOptions { secret, issuer, audience, claims: claims.clone() })
        });
        let settings = format!("{endpoint} {rules:?} {claims:?} {}", local.is_some());
        Ok(Self(Arc::new(Inner {
            upstream: Upstream::new(&endpoint, upstream)?,
            cache: FactsCache::new(key.for_settings(&settings), cache, shared),
            breaker: Breaker::default(),
            endpoint,
            client,
            local,
            rules,
            claims,
        })))
    }

    /// The actor of a token.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for an invalid token, [`AuthError::RoleUnknown`] for its role, and
    /// [`AuthError::Unavailable`] if the service cannot be reached.
    pub async fn actor(&self, token: &str) -> Result<Actor, AuthError> {
        self.0.claims.actor_of(&*self.facts(token).await?)
    }

    async fn facts(&self, token: &str) -> Result<Arc<VerifiedClaims>, AuthError> {
        check_format(token)?;
        self.0.cache.facts(0, token, self.0.verify(token)).await
    }

    /// The revoked tokens.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        self.0.cache.revocations()
    }

    /// Whether the service answers and accepts the client credentials.
    pub(crate) async fn answers(&self) -> bool {
        match self.0.ask(NO_TOKEN).await {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(%error, "the user-management service does not answer a health check");
                false
            }
        }
    }
}

impl Inner {
    async fn verify(&self, token: &str) -> Result<VerifiedClaims, AuthError> {
        let mut claims = match &self.local {
            Some(local) => local.verify(token)?,
            None => Value::Object(Map::new()),
        };
        let answer = self.ask_if_it_answers(token).await?.ok_or(AuthError::Invalid("the token is not active"))?;
        // The answer takes precedence over the claims of the token, which may be older.
        if let Value::Object(claims) = &mut claims {
            claims.extend(answer.into_iter().filter(|(_, value)| !value.is_null()));
        }
        self.rules.check(&claims)?;
        is_access_token(&claims)?;
        Ok(self.claims.facts(&claims, Utc::now()))
    }

    async fn ask_if_it_answers(&self, token: &str) -> Result<Option<Map<String, Value>>, AuthError> {
        if !self.breaker.allow() {
            return Err(AuthError::Unavailable);
        }
        let answer = self.ask(token).await;
        match &answer {
            Err(error) => self.note(error),
            Ok(_) if self.breaker.record_success() => tracing::info!("the user-management service answers again"),
            Ok(_) => {}
        }
        answer.map_err(|_| AuthError::Unavailable)
    }

    /// Logs the error. While the service is down, that is at most once a second.
    fn note(&self, error: &CallError) {
        if matches!(error, CallError::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)) {
            tracing::error!(
                %error,
                "the user-management service refuses our client credentials; check INTROSPECTION_CLIENT_ID and \
                 INTROSPECTION_CLIENT_SECRET"
            );
        } else {
            tracing::warn!(%error, "a token cannot be introspected");
        }
        if error.is_of_the_service() && self.breaker.record_failure() {
            tracing::error!(
                "the user-management service is down: requests with tokens that are not cached fail with 503"
            );
        }
    }

    /// The service's answer about a token; `None` if it is not active.
    async fn ask(&self, token: &str) -> Result<Option<Map<String, Value>>, CallError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "access_token");
        let request = self
            .upstream
            .client()
            .post(self.endpoint.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish());
        let request = match &self.client {
            Some(client) => client.sign(request),
            None => request,
        };
        let (status, body) = self.upstream.ask("introspection", request, LARGEST).await?;
        if status != StatusCode::OK {
            return Err(CallError::Status(status));
        }
        read(&body)
    }
}

fn read(body: &[u8]) -> Result<Option<Map<String, Value>>, CallError> {
    let answer = serde_json::from_slice::<Value>(body).map_err(|_| CallError::Garbled("it is not JSON"))?;
    let is_active = answer.get("active").and_then(Value::as_bool);
    let is_active = is_active.ok_or(CallError::Garbled("it has no member \"active\" that is true or false"))?;
    if !is_active {
        return Ok(None);
    }
    if seconds(&answer, "exp").is_err() || seconds(&answer, "nbf").is_err() {
        return Err(CallError::Garbled("its times are not numbers"));
    }
    match answer {
        Value::Object(members) => Ok(Some(members)),
        _ => Ok(None),
    }
}

/// A refresh token can be active, but must not be used for access.
fn is_access_token(claims: &Value) -> Result<(), AuthError> {
    let one_of = |name: &str, words: &[&str]| match claims.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => words.iter().any(|word| word.eq_ignore_ascii_case(text)),
        Some(_) => false,
    };
    // Some services (Ory Hydra, AWS Cognito) use the second member.
    if one_of("token_type", &["bearer", "access_token"]) && one_of("token_use", &["access_token", "access"]) {
        Ok(())
    } else {
        Err(NO_ACCESS_TOKEN)
    }
}

#[async_trait(?Send)]
impl Authenticator for Introspection {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let facts = self.facts(bearer_token(request.headers())?).await?;
        let actor = self.0.claims.actor_of(&facts)?;
        TokenWatch::note(request, facts, self.revocations());
        Ok(actor)
    }
}
