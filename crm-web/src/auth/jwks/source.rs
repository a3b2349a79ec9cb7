//! The URL of published keys.

use reqwest::header::ACCEPT;
use reqwest::{StatusCode, Url};
use serde::Deserialize;

use super::keys::KeySet;
use crate::auth::upstream::{CallError, Upstream};
use crate::outbound::{below, is_safe};

/// The maximum size of a set of keys, in bytes.
const LARGEST: usize = 256 * 1024;
/// OpenID Connect Discovery 1.0, section 4.
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// The default path of keys at services without a discovery document.
const KEYS: &str = "/.well-known/jwks.json";

/// The source of the keys of the user-management service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// This URL.
    At(Url),
    /// The `jwks_uri` of `/.well-known/openid-configuration`, or `/.well-known/jwks.json` without such a document.
    Of {
        /// The URL of the service.
        service: Url,
        /// The required issuer in the document.
        issuer: Option<String>,
        /// Whether the keys may be fetched without TLS.
        plain_http: bool,
    },
}

#[derive(Deserialize)]
struct Description {
    issuer: Option<String>,
    jwks_uri: Option<String>,
}

impl KeySource {
    /// The URL to fetch: of the discovery document, or of the keys.
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

/// The URL of the keys in the discovery document; `None` without such a document.
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
        description.map_err(|_| CallError::Garbled("its discovery document is not valid"))?;
    if issuer.is_some_and(|issuer| described.as_deref() != Some(issuer)) {
        return Err(CallError::Garbled("its issuer is not JWT_ISSUER"));
    }
    let keys: Option<Url> = jwks_uri.and_then(|url| url.parse().ok());
    let keys = keys.ok_or(CallError::Garbled("its discovery document has no jwks_uri"))?;
    if is_safe(&keys, plain_http) { Ok(Some(keys)) } else { Err(CallError::Garbled("its jwks_uri does not use TLS")) }
}

async fn get(upstream: &Upstream, purpose: &'static str, url: Url) -> Result<(StatusCode, Vec<u8>), CallError> {
    let request = upstream.client().get(url).header(ACCEPT, "application/json");
    upstream.ask(purpose, request, LARGEST).await
}
