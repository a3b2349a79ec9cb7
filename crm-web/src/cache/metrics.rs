//! Metrics of the cache of responses.

use metrics::{Unit, counter, describe_counter};

use super::CacheKind;

const LOOKUPS: &str = "crm_cache_lookups_total";

pub(crate) fn describe() {
    describe_counter!(LOOKUPS, Unit::Count, "Answers looked up in the cache, by what they are about and outcome");
}

/// The result of a lookup.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// Found in this process.
    Hit,
    /// Found at another instance.
    Shared,
    /// Computed.
    Miss,
    /// The shared entry was not genuine.
    Forged,
}

pub(super) fn looked_up(kept: CacheKind, outcome: Outcome) {
    let outcome = match outcome {
        Outcome::Hit => "hit",
        Outcome::Shared => "shared",
        Outcome::Miss => "miss",
        Outcome::Forged => "forged",
    };
    counter!(LOOKUPS, "cache" => kept.as_str(), "outcome" => outcome).increment(1);
}
