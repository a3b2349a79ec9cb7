//! Metrics of revocations.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const CONNECTED: &str = "crm_revocations_connected";
const REVOCATIONS: &str = "crm_revocations_total";

pub(in crate::auth) fn describe() {
    describe_gauge!(CONNECTED, Unit::Count, "Whether revocations of tokens are received: 1 or 0");
    describe_counter!(REVOCATIONS, Unit::Count, "Revocations of tokens that this instance has learnt of, by kind");
}

pub(super) fn connected(connected: bool) {
    gauge!(CONNECTED).set(f64::from(u8::from(connected)));
}

pub(super) fn revoked(kind: &'static str) {
    counter!(REVOCATIONS, "kind" => kind).increment(1);
}
