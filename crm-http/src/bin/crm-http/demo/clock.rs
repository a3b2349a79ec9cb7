//! Fixed randomness: the demo's data is always the same.

use std::sync::{Arc, Mutex, PoisonError};

use crm_core::clock::Randomness;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

/// Randomness from a fixed seed; the next id can be set.
#[derive(Clone, Debug)]
pub(super) struct SeededRandomness(Arc<Mutex<(StdRng, Option<Uuid>, u8)>>);

impl SeededRandomness {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new((StdRng::seed_from_u64(seed), None, 0))))
    }

    /// Makes the next id end like this one. Its beginning is the time.
    pub(super) fn choose(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(id);
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        let (random, chosen, keys) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The key of the first capture form is that of the document's examples.
        if bytes.len() == 16 {
            bytes.fill(b'k');
            bytes[15] = *keys;
            *keys = keys.wrapping_add(1);
            return;
        }
        match chosen.take() {
            // The random part of a UUID version 7 is its last ten bytes.
            Some(id) if bytes.len() == 10 => bytes.copy_from_slice(&id.as_bytes()[6..]),
            // The secret of a calendar is that of the document's examples.
            _ if bytes.len() == 32 => bytes.fill(b'*'),
            _ => random.fill(bytes),
        }
    }
}
