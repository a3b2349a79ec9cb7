//! The authenticator of the settings.

use std::sync::Arc;

use actix_web::HttpRequest;
use async_trait::async_trait;
use crm_core::actor::Actor;

use super::{
    AuthError, Authenticator, Introspection, IntrospectionOptions, Jwks, JwksOptions, Revocations, SharedFacts,
    SharedSecret, SharedSecretOptions, UpstreamError, metrics,
};

/// The mode of verification, with its options.
#[derive(Clone, Debug)]
pub enum AuthMode {
    /// With a secret that the issuer shares with the CRM.
    SharedSecret(Box<SharedSecretOptions>),
    /// By introspection at the user-management service.
    Introspection(Box<IntrospectionOptions>),
    /// With the public keys of the user-management service.
    Jwks(Box<JwksOptions>),
}

/// Verifies tokens in one of three ways, and counts them. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Verifier {
    /// With a shared secret.
    SharedSecret(Box<SharedSecret>),
    /// By introspection.
    Introspection(Introspection),
    /// With public keys.
    Jwks(Jwks),
}

impl Verifier {
    /// Starts to verify, on this runtime. It is not an error if the service cannot be reached yet. With `shared`,
    /// instances share verified claims.
    ///
    /// # Errors
    /// [`UpstreamError`] if no TLS client can be created on this machine.
    pub async fn start(mode: AuthMode, shared: Option<Arc<dyn SharedFacts>>) -> Result<Self, UpstreamError> {
        Ok(match mode {
            AuthMode::SharedSecret(options) => Self::SharedSecret(Box::new(SharedSecret::new(*options))),
            AuthMode::Introspection(options) => Self::Introspection(Introspection::new(*options, shared)?),
            AuthMode::Jwks(options) => Self::Jwks(Jwks::start(*options).await?),
        })
    }

    /// Whether there are keys to verify tokens with; `None` if none are needed. Sends no request.
    #[must_use]
    pub fn has_keys(&self) -> Option<bool> {
        match self {
            Self::SharedSecret(_) | Self::Introspection(_) => None,
            Self::Jwks(jwks) => Some(jwks.has_keys()),
        }
    }

    /// Whether the user-management service answers; `None` if it is not needed.
    pub async fn answers(&self) -> Option<bool> {
        match self {
            Self::SharedSecret(_) => None,
            Self::Introspection(introspection) => Some(introspection.answers().await),
            Self::Jwks(jwks) => Some(jwks.answers().await),
        }
    }

    /// The revoked tokens. They are empty until they follow a service: [`Revocations::follow`].
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        match self {
            Self::SharedSecret(secret) => secret.revocations(),
            Self::Introspection(introspection) => introspection.revocations(),
            Self::Jwks(jwks) => jwks.revocations(),
        }
    }

    const fn mode(&self) -> &'static str {
        match self {
            Self::SharedSecret(_) => "shared_secret",
            Self::Introspection(_) => "introspection",
            Self::Jwks(_) => "jwks",
        }
    }
}

#[async_trait(?Send)]
impl Authenticator for Verifier {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let result = match self {
            Self::SharedSecret(secret) => secret.authenticate(request).await,
            Self::Introspection(introspection) => introspection.authenticate(request).await,
            Self::Jwks(jwks) => jwks.authenticate(request).await,
        };
        metrics::verified(self.mode(), &result);
        result
    }
}
