//! How long the tests of a suite took.

use std::env;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many are shown.
const SHOWN: usize = 20;

static TOOK: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// Runs a test and notes how long it took.
pub(crate) fn measured<T>(name: String, test: impl FnOnce() -> T) -> T {
    let since = Instant::now();
    let outcome = test();
    TOOK.lock().unwrap_or_else(PoisonError::into_inner).push((since.elapsed(), name));
    outcome
}

/// Prints the slowest tests, where `CI=true` or `TEST_TIMES=true`.
pub(crate) fn print_slowest() {
    if !["CI", "TEST_TIMES"].iter().any(|name| env::var(name).is_ok_and(|value| value == "true")) {
        return;
    }
    let mut took = std::mem::take(&mut *TOOK.lock().unwrap_or_else(PoisonError::into_inner));
    took.sort_unstable_by_key(|(took, _)| std::cmp::Reverse(*took));
    for (took, name) in took.iter().take(SHOWN) {
        eprintln!("{:8.2}s  {name}", took.as_secs_f64());
    }
}
