//! The circuit breaker of the language model: one that does not answer is not called by each job.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The number of consecutive failures that open the breaker.
const FAILURES: u32 = 5;
/// The interval of trial calls while it is open.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// The longest time that a model can ask not to be called.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The breaker of one model in one process. Each method that may change its state tells whether it did.
#[derive(Debug, Default)]
pub(crate) struct ModelBreaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// No call before this time.
    until: Option<DateTime<Utc>>,
}

impl ModelBreaker {
    /// Whether to call the model now; otherwise the time of the next call.
    pub(crate) fn admit(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let mut state = self.state();
        if let Some(until) = state.until.filter(|until| now < *until) {
            return Err(until);
        }
        // While it is open, one call tries for all.
        state.until = (state.failures >= FAILURES).then(|| now + PAUSE);
        Ok(())
    }

    /// The time before which the model is not called.
    pub(crate) fn rests_until(&self) -> Option<DateTime<Utc>> {
        self.state().until
    }

    /// Records an answer. True if the breaker closes.
    pub(crate) fn succeeded(&self) -> bool {
        std::mem::take(&mut *self.state()).failures >= FAILURES
    }

    /// Records a failure, and when the model asks to be called again. True if the breaker opens.
    pub(crate) fn failed(&self, now: DateTime<Utc>, retry_after: Option<Duration>) -> bool {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let asked = retry_after.map(|delay| TimeDelta::from_std(delay).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE));
        let own = (state.failures >= FAILURES).then_some(PAUSE);
        state.until = asked.max(own).map(|delay| now + delay).max(state.until);
        state.failures == FAILURES
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta};

    use super::{FAILURES, ModelBreaker, PAUSE};

    #[test]
    fn failures_in_a_row_open_it_and_one_call_tries_for_all() {
        let (breaker, now) = (ModelBreaker::default(), DateTime::UNIX_EPOCH);
        assert!((1..FAILURES).all(|_| breaker.admit(now).is_ok() && !breaker.failed(now, None)));
        assert!(!breaker.succeeded());
        assert_eq!((0..FAILURES).filter(|_| breaker.failed(now, None)).count(), 1, "it is told once");
        assert_eq!(breaker.admit(now), Err(now + PAUSE));
        let later = now + PAUSE;
        assert_eq!((breaker.admit(later), breaker.admit(later)), (Ok(()), Err(later + PAUSE)));
        assert!(breaker.succeeded() && !breaker.succeeded());
        assert_eq!(breaker.admit(later), Ok(()));
    }

    #[test]
    fn a_model_is_left_alone_as_long_as_it_asks() {
        let (breaker, now) = (ModelBreaker::default(), DateTime::UNIX_EPOCH);
        assert!(!breaker.failed(now, Some(Duration::from_secs(90))));
        assert_eq!(breaker.admit(now), Err(now + TimeDelta::seconds(90)));
        assert!(!breaker.failed(now, Some(Duration::from_secs(5))));
        assert_eq!(breaker.admit(now), Err(now + TimeDelta::seconds(90)), "the longest holds");
        assert!(!breaker.failed(now, Some(Duration::MAX)));
        assert_eq!(breaker.admit(now), Err(now + TimeDelta::hours(1)));
    }
}
