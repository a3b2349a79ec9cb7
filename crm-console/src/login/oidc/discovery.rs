//! What the provider tells of itself (OpenID Connect Discovery 1.0), and its keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crm_web::auth::PublishedKeys;
use crm_web::outbound::is_safe;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::Inner;
use super::client::ask;
use crate::login::LoginError;

const PATH: &str = "/.well-known/openid-configuration";
/// How long it is used before it is asked for again.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long it is used while it cannot be asked for.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The discovery document, as far as the console needs it.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    jwks_uri: Url,
    pub(super) end_session_endpoint: Option<Url>,
    pub(super) revocation_endpoint: Option<Url>,
    pub(super) scopes_supported: Option<Vec<String>>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Document {
    fn endpoints(&self) -> impl Iterator<Item = &Url> {
        let required = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let optional = [&self.end_session_endpoint, &self.revocation_endpoint];
        required.into_iter().chain(optional.into_iter().flatten())
    }
}

/// The document and the keys.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) document: Document,
    pub(super) keys: PublishedKeys,
    fetched: Instant,
}

/// What was fetched, and when it last failed. Locked during a fetch, so that people who log in share one.
#[derive(Default)]
pub(super) struct Discovery(Mutex<State>);

#[derive(Default)]
struct State {
    known: Option<Arc<Provider>>,
    failed: Option<Instant>,
}

impl Inner {
    /// The provider, asked again after a while.
    pub(super) async fn provider(&self) -> Result<Arc<Provider>, LoginError> {
        self.provider_unless(|known| known.fetched.elapsed() < FRESH, STALE).await
    }

    /// The provider with other keys than these, if it has others now.
    pub(super) async fn provider_after(&self, old: &Provider) -> Result<Arc<Provider>, LoginError> {
        self.provider_unless(|known| known.fetched > old.fetched, Duration::ZERO).await
    }

    async fn provider_unless(
        &self,
        is_usable: impl Fn(&Provider) -> bool,
        stale: Duration,
    ) -> Result<Arc<Provider>, LoginError> {
        let began = Instant::now();
        let mut state = self.discovery.0.lock().await;
        if let Some(known) = state.known.as_ref().filter(|known| is_usable(known)) {
            return Ok(Arc::clone(known));
        }
        let old = state.known.clone().filter(|known| known.fetched.elapsed() < stale);
        // Who waited for a fetch that failed does not try once more.
        if state.failed.is_some_and(|failed| failed >= began) {
            return old.ok_or(LoginError::Unavailable);
        }
        match self.discover().await {
            Ok(provider) => {
                let provider = Arc::new(provider);
                *state = State { known: Some(Arc::clone(&provider)), failed: None };
                Ok(provider)
            }
            Err(error) => {
                state.failed = Some(Instant::now());
                old.ok_or(error)
            }
        }
    }

    async fn discover(&self) -> Result<Provider, LoginError> {
        let url = format!("{}{PATH}", self.options.issuer.trim_end_matches('/'));
        let url = url.parse().map_err(|_| LoginError::Misconfigured)?;
        let document = self.fetch("discovery", url).await?;
        let document: Document = serde_json::from_slice(&document).map_err(|_| broken("its discovery document"))?;
        if document.issuer != self.options.issuer {
            tracing::error!(
                issuer = document.issuer,
                "the issuer in the discovery document is not that of the settings"
            );
            return Err(LoginError::Misconfigured);
        }
        if !document.endpoints().all(|url| is_safe(url, self.options.plain_http)) {
            tracing::error!("an endpoint of the provider of log-ins does not use TLS");
            return Err(LoginError::Misconfigured);
        }
        let keys = self.fetch("keys", document.jwks_uri.clone()).await?;
        let keys = PublishedKeys::read(&keys).map_err(broken)?;
        Ok(Provider { document, keys, fetched: Instant::now() })
    }

    async fn fetch(&self, what: &'static str, url: Url) -> Result<Vec<u8>, LoginError> {
        let (status, body) = ask(what, self.client.get(url)).await?;
        if status == StatusCode::OK {
            return Ok(body);
        }
        tracing::warn!(what, status = status.as_u16(), "the provider of log-ins fails");
        Err(LoginError::Unavailable)
    }
}

fn broken(what: &str) -> LoginError {
    tracing::warn!(what, "the provider of log-ins answers what cannot be read");
    LoginError::Unavailable
}
