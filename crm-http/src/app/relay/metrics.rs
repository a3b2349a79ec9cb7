//! Metrics of the relay.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const RELAYED: &str = "crm_events_relayed_total";
const FAILURES: &str = "crm_events_relay_failures_total";
const LAG: &str = "crm_events_relay_lag_seconds";

pub(super) fn describe() {
    describe_counter!(RELAYED, Unit::Count, "Events that this instance has forwarded to Redis");
    describe_counter!(FAILURES, Unit::Count, "Attempts to forward events that failed, by cause");
    describe_gauge!(LAG, Unit::Seconds, "How long the oldest event has been waiting that is not forwarded yet");
}

pub(super) fn relayed(events: usize) {
    counter!(RELAYED).increment(events as u64);
}

pub(super) fn failed(cause: &'static str) {
    counter!(FAILURES, "cause" => cause).increment(1);
}

pub(super) fn lags(seconds: f64) {
    gauge!(LAG).set(seconds);
}
