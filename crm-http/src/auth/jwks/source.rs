//! Where keys are published.

use reqwest::header::ACCEPT;
use reqwest::{StatusCode, Url};
use serde::Deserialize;

use super::keys::KeySet;
use crate::auth::upstream::{CallError, Upstream, is_loopback};

/// The largest set of keys, in bytes.
const LARGEST: usize = 256 * 1024;
/// OpenID Connect Discovery 1.0, section 4.
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Where a service has its keys that describes itself nowhere.
const KEYS: &str = "/.well-known/jwks.json";

/// Where the keys of the user-management service are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// There.
    At(Url),
    /// Where the service says that they are (`jwks_uri` of `/.well-known/openid-configuration`), or at
    /// `/.well-known/jwks.json` if it says nothing.
    Of {
        /// The service.
        service: Url,
        /// Who it must say that it is.
        issuer: Option<String>,
        /// Whether it may name a place that is read without TLS.
        plain_http: bool,
    },
}

#[derive(Deserialize)]
struct Description {
    issuer: Option<String>,
    jwks_uri: Option<String>,
}

impl KeySource {
    /// The place that tells more, or everything.
    pub(super) fn url(&self) -> &Url {
        match self {
            Self::At(url) => url,
            Self::Of { service, .. } => service,
        }
    }

    pub(super) async fn fetch(&self, upstream: &Upstream) -> Result<KeySet, CallError> {
        match self {
            Self::At(url) => fetch(upstream, url.clone()).await,
            Self::Of { service, issuer, plain_http } => {
                let described = discover(upstream, service, issuer.as_deref(), *plain_http).await?;
                fetch(upstream, described.unwrap_or_else(|| below(service, KEYS))).await
            }
        }
    }
}

async fn fetch(upstream: &Upstream, url: Url) -> Result<KeySet, CallError> {
    let (status, body) = get(upstream, "keys", url).await?;
    if status != StatusCode::OK {
        return Err(CallError::Status(status));
    }
    KeySet::read(&body).map_err(CallError::Garbled)
}

/// Where the service says that its keys are; `None` if it describes itself nowhere.
async fn discover(
    upstream: &Upstream,
    service: &Url,
    issuer: Option<&str>,
    plain_http: bool,
) -> Result<Option<Url>, CallError> {
    let (status, body) = get(upstream, "discovery", below(service, DISCOVERY)).await?;
    match status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(None),
        _ => return Err(CallError::Status(status)),
    }
    let description = serde_json::from_slice::<Description>(&body);
    let Description { issuer: described, jwks_uri } =
        description.map_err(|_| CallError::Garbled("it describes itself in no way that is known"))?;
    if issuer.is_some_and(|issuer| described.as_deref() != Some(issuer)) {
        return Err(CallError::Garbled("it says that it is another issuer than JWT_ISSUER"));
    }
    let keys: Option<Url> = jwks_uri.and_then(|url| url.parse().ok());
    let keys = keys.ok_or(CallError::Garbled("it does not say where its keys are"))?;
    if keys.scheme() == "https" || keys.scheme() == "http" && (plain_http || is_loopback(&keys)) {
        Ok(Some(keys))
    } else {
        Err(CallError::Garbled("it says that its keys are to be read without TLS"))
    }
}

async fn get(upstream: &Upstream, purpose: &'static str, url: Url) -> Result<(StatusCode, Vec<u8>), CallError> {
    let request = upstream.client().get(url).header(ACCEPT, "application/json");
    upstream.ask(purpose, request, LARGEST).await
}

fn below(service: &Url, path: &str) -> Url {
    let mut url = service.clone();
    url.set_path(&format!("{}{path}", service.path().trim_end_matches('/')));
    url
}
