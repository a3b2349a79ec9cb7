//! Published keys as a value, for callers that fetch them themselves.

use std::fmt;

use jsonwebtoken::{Algorithm, Header};
use serde_json::Value;

use super::keys::KeySet;
use super::{ALGORITHMS, verify_with};
use crate::auth::rules::{EXPIRED, IMMATURE, OTHER_AUDIENCE, OTHER_ISSUER, Refusal};
use crate::auth::{AuthError, TokenRules};

/// Published keys (RFC 7517). They verify tokens of any kind that an issuer signs, ID tokens for example.
pub struct PublishedKeys(KeySet);

impl fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishedKeys").field("count", &self.0.len()).finish()
    }
}

/// A token whose signature, times, issuer and audience are verified.
#[derive(Clone)]
pub struct SignedToken {
    /// The algorithm of its signature.
    pub algorithm: Algorithm,
    /// All its claims.
    pub claims: Value,
}

/// Prints no claims: they name a person.
impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Why a signed token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// No known key has signed it, but it may be signed with a newer one.
    #[error("it is signed with an unknown key")]
    UnknownKey,
    /// It has expired, or is not valid yet: the clocks may differ.
    #[error("it is not valid at this time")]
    Time,
    /// It is of another issuer.
    #[error("it has another issuer")]
    Issuer,
    /// It is for another audience.
    #[error("it is for another audience")]
    Audience,
    /// It is not genuine, or not what it should be.
    #[error("it is not genuine")]
    NotGenuine,
}

impl PublishedKeys {
    /// Reads a set of keys. Keys for other purposes, secrets and unknown kinds are skipped.
    ///
    /// # Errors
    /// The reason why there is no usable key in it.
    pub fn read(text: &[u8]) -> Result<Self, &'static str> {
        KeySet::read(text).map(Self)
    }

    /// The claims of a token that one of the keys has signed and that meets the rules. Clocks may differ by 30 seconds.
    ///
    /// # Errors
    /// The reason why it is refused.
    pub fn verify(&self, token: &str, rules: &TokenRules) -> Result<SignedToken, TokenFault> {
        let header: Header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::NotGenuine)?;
        let algorithm = header.alg;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(TokenFault::NotGenuine);
        }
        let verified = verify_with(&self.0, rules, token, &header);
        let claims = verified.map_err(|refusal| match refusal {
            Refusal::Signature if self.0.may_miss(header.kid.as_deref()) => TokenFault::UnknownKey,
            Refusal::Signature => TokenFault::NotGenuine,
            Refusal::Rule(rule) => fault(&rule),
        })?;
        Ok(SignedToken { algorithm, claims })
    }
}

fn fault(rule: &AuthError) -> TokenFault {
    match rule {
        rule if *rule == EXPIRED || *rule == IMMATURE => TokenFault::Time,
        rule if *rule == OTHER_ISSUER => TokenFault::Issuer,
        rule if *rule == OTHER_AUDIENCE => TokenFault::Audience,
        _ => TokenFault::NotGenuine,
    }
}
