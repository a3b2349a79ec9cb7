//! Tests with two sizes.

use std::env;

/// The size of a test: `bounded`, or `full` with `CRM_TEST_FULL=true`.
///
/// Long runs find what is rare; those that run with every change have to be short.
pub fn bounded<T>(bounded: T, full: T) -> T {
    let is_full = env::var("CRM_TEST_FULL").is_ok_and(|value| matches!(&*value, "true" | "1"));
    if is_full { full } else { bounded }
}
