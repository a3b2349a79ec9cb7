//! Fixed time and randomness: the demo's data looks as if it was created over twelve months, and is always the same.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use crm_core::clock::{Clock, Randomness};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

/// A clock with a fixed time.
#[derive(Clone, Debug)]
pub(super) struct SetClock(Arc<Mutex<DateTime<Utc>>>);

impl SetClock {
    pub(super) fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub(super) fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Randomness from a fixed seed; the next id can be set.
#[derive(Clone, Debug)]
pub(super) struct SeededRandomness(Arc<Mutex<(StdRng, Option<Uuid>)>>);

impl SeededRandomness {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new((StdRng::seed_from_u64(seed), None))))
    }

    /// Makes the next id end like this one. Its beginning is the time.
    pub(super) fn choose(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(id);
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        let (random, chosen) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match chosen.take() {
            // The random part of a UUID version 7 is its last ten bytes.
            Some(id) if bytes.len() == 10 => bytes.copy_from_slice(&id.as_bytes()[6..]),
            // The secret of a calendar is that of the document's examples.
            _ if bytes.len() == 32 => bytes.fill(b'*'),
            _ => random.fill(bytes),
        }
    }
}
