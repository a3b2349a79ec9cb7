//! Metrics of authentication.

use std::time::Duration;

use crm_core::actor::Actor;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::AuthError;

const VERIFICATIONS: &str = "crm_identity_verifications_total";
const LOOKUPS: &str = "crm_identity_cache_lookups_total";
const REQUESTS: &str = "crm_identity_request_duration_seconds";
const KEYS: &str = "crm_identity_keys";

pub(crate) fn describe() {
    describe_counter!(VERIFICATIONS, Unit::Count, "Tokens verified, by mode and result");
    describe_counter!(LOOKUPS, Unit::Count, "Lookups in the cache of verified claims, by outcome");
    describe_histogram!(REQUESTS, Unit::Seconds, "How long the user-management service took, by purpose and outcome");
    describe_gauge!(KEYS, Unit::Count, "Public keys of the user-management service that are in use");
    super::revocations::describe_metrics();
}

/// Counts the result of a token's verification.
pub(super) fn verified(mode: &'static str, result: &Result<Actor, AuthError>) {
    let result = match result {
        Ok(_) => "ok",
        Err(AuthError::Missing) => "missing",
        Err(AuthError::Invalid(_)) => "invalid",
        Err(AuthError::RoleUnknown) => "role_unknown",
        Err(AuthError::Unavailable) => "unavailable",
    };
    counter!(VERIFICATIONS, "mode" => mode, "result" => result).increment(1);
}

/// The result of a lookup in the cache of claims.
#[derive(Clone, Copy, Debug)]
pub(super) enum CacheOutcome {
    /// Found in this process.
    Hit,
    /// Found at another instance.
    Shared,
    /// Found, too old, but used because the service is down.
    Stale,
    /// Not found.
    Miss,
    /// The entry was not genuine.
    Forged,
}

pub(super) fn looked_up(outcome: CacheOutcome) {
    let outcome = match outcome {
        CacheOutcome::Hit => "hit",
        CacheOutcome::Shared => "shared",
        CacheOutcome::Stale => "stale",
        CacheOutcome::Miss => "miss",
        CacheOutcome::Forged => "forged",
    };
    counter!(LOOKUPS, "outcome" => outcome).increment(1);
}

/// Times a request to the user-management service.
pub(super) fn asked(purpose: &'static str, went_well: bool, took: Duration) {
    let outcome = if went_well { "ok" } else { "error" };
    histogram!(REQUESTS, "purpose" => purpose, "outcome" => outcome).record(took);
}

/// Sets the number of keys in use.
pub(super) fn keys(count: usize) {
    // A set has a few dozen keys at most.
    gauge!(KEYS).set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
}
