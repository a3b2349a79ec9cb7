//! Time and chance come from outside, so that a test can fix both.

use std::fmt;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that reads the machine's")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Gives random bytes; identifiers are made of them.
pub trait Randomness: Send + Sync + 'static {
    /// Fills `bytes` with random values.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness, through a fast generator that it seeds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}

/// The two together, as a [`Crm`](crate::Crm) holds them.
pub(crate) struct Source {
    pub clock: Box<dyn Clock>,
    pub randomness: Box<dyn Randomness>,
}

impl Source {
    /// Now, cut to microseconds: what both databases store is then what was written.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// A new UUID version 7 for something made at `at`: ids sort by time.
    pub fn id(&self, at: DateTime<Utc>) -> Uuid {
        let mut bytes = [0; 10];
        self.randomness.fill(&mut bytes);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}
