//! Time and randomness are injected, so that tests can fix both.

use std::fmt;

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use uuid::Uuid;

/// A source of time.
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

/// A time from a request in the precision of both databases: truncated to microseconds, a leap second as the second
/// after it. `None` outside the years 1 to 9999, which have another format or none.
#[must_use]
pub fn stored(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // The number of microseconds ignores leap seconds.
    let time = DateTime::from_timestamp_micros(time.timestamp_micros())?;
    (1..=9999).contains(&time.year()).then_some(time)
}

/// A source of random bytes, for identifiers.
pub trait Randomness: Send + Sync + 'static {
    /// Fills `bytes` with random values.
    fn fill(&self, bytes: &mut [u8]);
}

/// The randomness of the operating system, through a fast generator seeded by it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}

/// Clock and randomness of a service, such as a [`Crm`](crate::Crm).
pub struct Source {
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// The randomness.
    pub randomness: Box<dyn Randomness>,
}

impl Default for Source {
    /// Those of the machine.
    fn default() -> Self {
        Self { clock: Box::new(SystemClock), randomness: Box::new(SystemRandomness) }
    }
}

impl Source {
    /// The current time, truncated to microseconds, so that both databases store exactly this value.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// A new UUID version 7 for a record created at `at`: ids sort by time.
    #[must_use]
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat, Utc};

    use super::stored;

    #[test]
    fn a_leap_second_is_the_second_after_it() {
        let kept = |text: &str| {
            let time = text.parse::<DateTime<Utc>>().ok().and_then(stored);
            time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        };
        for (text, expected) in [
            ("2025-06-15T12:30:60Z", "2025-06-15T12:31:00Z"),
            ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z"),
            ("1912-12-31T23:59:60.9999999Z", "1913-01-01T00:00:00.999999Z"),
            ("2026-01-05T09:00:00.1234567+02:00", "2026-01-05T07:00:00.123456Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(kept(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["9999-12-31T23:59:60Z", "0000-12-31T23:59:59Z", "+12026-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"]
        {
            assert_eq!(kept(text), None, "{text}");
        }
    }
}
