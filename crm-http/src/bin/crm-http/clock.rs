//! A clock with a fixed time, for records of earlier days.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use crm_core::clock::Clock;

/// A clock with a fixed time.
#[derive(Clone, Debug)]
pub(crate) struct SetClock(Arc<Mutex<DateTime<Utc>>>);

impl SetClock {
    pub(crate) fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub(crate) fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
