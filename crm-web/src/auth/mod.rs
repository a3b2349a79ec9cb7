//! Authentication: one port, and the only way to a scope.
//!
//! An [`Authenticator`] turns a request into an [`Actor`]. Three of them verify tokens: [`SharedSecret`] by itself,
//! [`Introspection`] by calling the user-management service, [`Jwks`] with the keys that the service publishes. A host
//! passes its own, for example for its sessions. Handlers take a [`Caller`], and nothing else gives them a scope.
//!
//! [`Caller`]: crate::request::Caller

mod bearer;
mod claims;
mod directory;
mod extra_rights;
mod facts;
mod id_claim;
mod introspection;
mod jwks;
mod metrics;
mod revocations;
mod rules;
mod scheme;
mod shared_secret;
mod upstream;
mod verifier;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use async_trait::async_trait;
use crm_core::actor::Actor;

pub use bearer::bearer_token;
pub use claims::{CallerFacts, ClaimMapping, NO_COMPANY, RoleMap};
pub use directory::{
    DirectoryClient, DirectoryClientOptions, DirectoryCompany, DirectoryError, DirectoryPage, DirectoryTeam,
    DirectoryUser,
};
pub use facts::{CacheOptions, FactsKey, SharedFacts, VerifiedClaims};
pub use id_claim::IdClaim;
pub use introspection::{ClientCredentials, Introspection, IntrospectionOptions};
pub use jsonwebtoken::Algorithm as SigningAlgorithm;
pub use jwks::{ALGORITHMS, Jwks, JwksOptions, KeySource, PublishedKeys, SignedToken, TokenFault};
pub(crate) use metrics::describe as describe_metrics;
pub(crate) use revocations::{MOST as MOST_REVOCATIONS, NEEDED_FOR as REVOCATIONS_NEEDED_FOR};
pub use revocations::{Revocations, TokenWatch};
pub use rules::TokenRules;
pub use scheme::AuthScheme;
pub use shared_secret::{SharedSecret, SharedSecretOptions};
pub use upstream::{UpstreamError, UpstreamOptions};
pub use verifier::{AuthMode, Verifier};

use crate::problem::{ApiError, Code};

/// Authenticates requests.
///
/// Called once per request, before its body is read. It may cache claims but not decisions: the core checks rights at
/// every call.
#[async_trait(?Send)]
pub trait Authenticator: Send + Sync + 'static {
    /// The actor of a request.
    ///
    /// # Errors
    /// The reason why the request is refused.
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError>;

    /// How callers send their credentials, for 401 answers and the document. Bearer tokens by default.
    fn scheme(&self) -> AuthScheme {
        AuthScheme::default()
    }
}

/// The reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The request has no credentials.
    #[error("a token is required: Authorization: Bearer <token>")]
    Missing,
    /// The credentials are not valid; the reason, which must not reveal secrets.
    #[error("{0}")]
    Invalid(&'static str),
    /// The credentials are valid, but the role is unknown.
    #[error("the token has no known role")]
    RoleUnknown,
    /// The service that verifies credentials cannot be reached.
    #[error("tokens cannot be verified at the moment")]
    Unavailable,
}

impl From<AuthError> for ApiError {
    /// A 401 with the challenge of RFC 6750 (section 3), which contains no error if there was no token.
    fn from(error: AuthError) -> Self {
        let detail = error.to_string();
        match error {
            AuthError::Missing => challenge(Code::TokenMissing, detail, "Bearer realm=\"crm\"".to_owned()),
            AuthError::Invalid(why) => {
                let header = format!("Bearer realm=\"crm\", error=\"invalid_token\", error_description=\"{why}\"");
                challenge(Code::TokenInvalid, detail, header)
            }
            AuthError::RoleUnknown => Self::new(Code::RoleUnknown, detail),
            AuthError::Unavailable => Self::unavailable(Code::IdentityUnavailable, &detail, None),
        }
    }
}

fn challenge(code: Code, detail: String, header: String) -> ApiError {
    let header = HeaderValue::try_from(header).unwrap_or(HeaderValue::from_static("Bearer realm=\"crm\""));
    ApiError::new(code, detail).with_header(WWW_AUTHENTICATE, header)
}
