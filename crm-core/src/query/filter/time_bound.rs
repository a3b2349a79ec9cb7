//! Bounds of times: a time, or a number of days from now.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::clock;

/// The maximum number of days from now.
const MAX_DAYS: i64 = 36_500;

/// A bound of a time: `2026-01-05T09:00:00Z`, or relative to the time of the request, such as `now`, `now-30d` or
/// `now+7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeBound {
    /// This time.
    At(DateTime<Utc>),
    /// This number of days from now; negative in the past.
    Days(i64),
}

impl TimeBound {
    /// The time that it stands for.
    #[must_use]
    pub fn resolved(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(time) => time,
            Self::Days(days) => now + TimeDelta::days(days.clamp(-MAX_DAYS, MAX_DAYS)),
        }
    }
}

impl From<DateTime<Utc>> for TimeBound {
    fn from(time: DateTime<Utc>) -> Self {
        Self::At(time)
    }
}

impl fmt::Display for TimeBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Days(0) => f.write_str("now"),
            Self::Days(days) => write!(f, "now{days:+}d"),
        }
    }
}

/// A text that is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a time such as 2026-01-05T09:00:00Z (the + of an offset is written %2B), or days from now such as now-30d"
)]
pub struct TimeBoundInvalid;

impl FromStr for TimeBound {
    type Err = TimeBoundInvalid;

    fn from_str(text: &str) -> Result<Self, TimeBoundInvalid> {
        if text == "now" {
            return Ok(Self::Days(0));
        }
        let Some(days) = text.strip_prefix("now") else {
            let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimeBoundInvalid)?;
            return clock::stored(time.to_utc()).map(Self::At).ok_or(TimeBoundInvalid);
        };
        // In a query string a plus is a blank.
        let days = days.replacen(' ', "+", 1);
        let number = days.strip_suffix('d').filter(|number| number.starts_with(['+', '-'])).ok_or(TimeBoundInvalid)?;
        let days = number.parse().ok().filter(|days: &i64| days.abs() <= MAX_DAYS);
        days.map(Self::Days).ok_or(TimeBoundInvalid)
    }
}

impl Serialize for TimeBound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeBound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::TimeBound;

    #[test]
    fn a_bound_is_a_time_or_days_from_now() {
        let now: DateTime<Utc> = "2026-03-31T09:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("now", "2026-03-31T09:00:00Z"),
            ("now-30d", "2026-03-01T09:00:00Z"),
            ("now+1d", "2026-04-01T09:00:00Z"),
            ("now 1d", "2026-04-01T09:00:00Z"),
            ("2026-01-05T09:00:00+02:00", "2026-01-05T07:00:00Z"),
        ] {
            let bound: TimeBound = text.parse().unwrap();
            assert_eq!(bound.resolved(now), expected.parse::<DateTime<Utc>>().unwrap(), "{text}");
            assert_eq!(bound.to_string().parse(), Ok(bound), "{text}");
        }
        for text in ["", "now30d", "now-30", "now-d", "now--1d", "now-36501d", "yesterday", "0000-01-01T00:00:00Z"] {
            assert!(text.parse::<TimeBound>().is_err(), "{text}");
        }
    }
}
