//! A circuit breaker: stops calling a service that does not answer, so that requests do not wait for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The number of consecutive failures that open the breaker.
const FAILURES: u32 = 3;
/// The interval of trial requests while it is open.
const PAUSE: Duration = Duration::from_secs(1);

/// The breaker of one service. After failures in a row it lets one request per second through.
#[derive(Debug)]
pub struct Breaker(Mutex<State>);

#[derive(Debug)]
struct State {
    failures: u32,
    next_try: Instant,
}

impl Default for Breaker {
    fn default() -> Self {
        Self(Mutex::new(State { failures: 0, next_try: Instant::now() }))
    }
}

impl Breaker {
    /// Whether to send a request now.
    pub fn allow(&self) -> bool {
        let (mut state, now) = (self.state(), Instant::now());
        if state.failures < FAILURES {
            return true;
        }
        let is_due = now >= state.next_try;
        if is_due {
            state.next_try = now + PAUSE;
        }
        is_due
    }

    /// Records a success. Returns true if the breaker was open.
    pub fn record_success(&self) -> bool {
        std::mem::take(&mut self.state().failures) >= FAILURES
    }

    /// Records a failure. Returns true if the breaker opens now.
    pub fn record_failure(&self) -> bool {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.next_try = Instant::now() + PAUSE;
        state.failures == FAILURES
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Breaker, FAILURES};

    #[test]
    fn only_failures_in_a_row_open_it() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES - 1 {
            assert!(!breaker.record_failure());
        }
        assert!(!breaker.record_success());
        assert!((1..FAILURES).all(|_| !breaker.record_failure() && breaker.allow()));
    }

    #[test]
    fn one_tries_now_and_then_until_the_service_is_back() {
        let breaker = Breaker::default();
        assert_eq!((0..5).filter(|_| breaker.record_failure()).count(), 1, "it is said once");
        assert!(!breaker.allow());
        breaker.state().next_try = Instant::now();
        assert!(breaker.allow());
        assert!(!breaker.allow(), "one is enough");
        assert!(breaker.record_success());
        assert!(breaker.allow() && breaker.allow());
        assert!(!breaker.record_success());
    }
}
