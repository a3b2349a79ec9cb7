//! Metrics of Redis.

use metrics::{Unit, counter, describe_counter};

const OPERATIONS: &str = "crm_redis_operations_total";

pub(crate) fn describe() {
    describe_counter!(OPERATIONS, Unit::Count, "Commands sent to Redis, by purpose and outcome");
}

/// The result of a command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Ok,
    Error,
    /// It was not sent, because Redis is down.
    Skipped,
}

pub(super) fn asked(purpose: &'static str, outcome: Outcome) {
    let outcome = match outcome {
        Outcome::Ok => "ok",
        Outcome::Error => "error",
        Outcome::Skipped => "skipped",
    };
    counter!(OPERATIONS, "purpose" => purpose, "outcome" => outcome).increment(1);
}
