//! What is counted of kept answers.

use metrics::{Unit, counter, describe_counter};

use super::CacheKind;

const LOOKUPS: &str = "crm_cache_lookups_total";

pub(crate) fn describe() {
    describe_counter!(LOOKUPS, Unit::Count, "Answers looked up in the cache, by what they are about and outcome");
}

/// What a look into the cache gave.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// It was kept here.
    Hit,
    /// Another instance had kept it.
    Shared,
    /// It was computed.
    Miss,
    /// Somebody else had written there.
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
