//! Metrics of the directory.

use std::time::Duration;

use metrics::{Unit, describe_gauge, gauge};

const AGE: &str = "crm_user_directory_age_seconds";

pub(super) fn describe() {
    describe_gauge!(
        AGE,
        Unit::Seconds,
        "How old the mirror of users and companies is after the last attempt to refresh it"
    );
}

pub(super) fn age(age: Duration) {
    gauge!(AGE).set(age.as_secs_f64());
}
