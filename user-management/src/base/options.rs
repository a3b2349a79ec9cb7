//! The settings of the service.

use std::time::Duration;

use crm_core::string_enum::string_enum;

string_enum! {
    /// The algorithm of access tokens.
    SigningAlgorithm {
        /// Ed25519 (RFC 8037).
        EdDsa = "EdDSA",
        /// ECDSA with P-256 and SHA-256 (RFC 7518).
        Es256 = "ES256",
    }
}

/// The settings of the service. Times are in the names' usual units: lifetimes are durations from the moment of issue.
#[derive(Clone, Debug)]
pub struct Options {
    /// The issuer of tokens (`iss`): the public address of the service, without a slash at its end.
    pub issuer: String,
    /// The audience of tokens (`aud`): the services that accept them.
    pub audience: String,
    /// The algorithm of new keys.
    pub algorithm: SigningAlgorithm,
    /// The lifetime of access tokens.
    pub access_token: Duration,
    /// The lifetime of a refresh token; each use issues a new one.
    pub refresh_token: Duration,
    /// How long a session lasts, however often it is refreshed.
    pub session: Duration,
    /// The age at which signing keys are replaced.
    pub key_age: Duration,
    /// How long an invitation is valid.
    pub invitation: Duration,
    /// How long a link to reset a password is valid.
    pub reset: Duration,
    /// The address of the page that invitations and resets lead to; the token is added as `#token=…`.
    pub link_url: String,
    /// Whether anybody may register, which creates a new company.
    pub open_signup: bool,
    /// How many passwords are hashed at once; each takes 19 MiB of memory.
    pub hashing: usize,
    /// How many failed attempts in 15 minutes an account allows to clients that never signed in to it.
    pub account_attempts: u32,
    /// How many failed attempts in 15 minutes an address allows.
    pub address_attempts: u32,
}

impl Default for Options {
    /// Access tokens of 15 minutes, refresh tokens of 7 days, sessions of 90 days.
    fn default() -> Self {
        let [minute, day] = [60, 24 * 60 * 60];
        Self {
            issuer: "http://localhost:5001".to_owned(),
            audience: "crm".to_owned(),
            algorithm: SigningAlgorithm::EdDsa,
            access_token: Duration::from_secs(15 * minute),
            refresh_token: Duration::from_secs(7 * day),
            session: Duration::from_secs(90 * day),
            key_age: Duration::from_secs(90 * day),
            invitation: Duration::from_secs(7 * day),
            reset: Duration::from_secs(60 * minute),
            link_url: "http://localhost:5001/accept".to_owned(),
            open_signup: false,
            hashing: 2,
            account_attempts: 10,
            address_attempts: 50,
        }
    }
}
