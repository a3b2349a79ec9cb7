//! Periods of time, and their days, weeks and months in a time zone.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::base::error::{Malformed, Result};
use crate::base::string_enum::string_enum;
use crate::base::{clock, places};

/// The maximum number of intervals of a period: the days of a leap year.
const MAX_INTERVALS: usize = 366;

string_enum! {
    /// The length of an interval.
    #[derive(Default)]
    Interval {
        /// Days.
        #[default]
        Day = "day",
        /// Weeks, starting on Monday (ISO 8601).
        Week = "week",
        /// Months.
        Month = "month",
    }
}

impl Interval {
    /// The first day of the interval that contains this day.
    fn start(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => day - Days::new(day.weekday().num_days_from_monday().into()),
            Self::Month => day.with_day(1).unwrap_or(day),
        }
    }

    /// The first day of the interval `steps` after the one that starts with this day.
    fn after(self, start: NaiveDate, steps: u32) -> NaiveDate {
        let after = match self {
            Self::Day => start.checked_add_days(Days::new(steps.into())),
            Self::Week => start.checked_add_days(Days::new(u64::from(steps) * 7)),
            Self::Month => start.checked_add_months(Months::new(steps)),
        };
        after.unwrap_or(NaiveDate::MAX)
    }

    /// The first day of the default period that ends with this day: 30 days, 12 weeks or 12 months.
    fn usual_start(self, last: NaiveDate) -> NaiveDate {
        let start = self.start(last);
        match self {
            Self::Day => start - Days::new(29),
            Self::Week => start - Days::new(11 * 7),
            Self::Month => start - Months::new(11),
        }
    }
}

/// The start or the end of a period: a day in the time zone, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateOrTime {
    /// A day. A period starts with it, or ends with it.
    Day(NaiveDate),
    /// A time. A period starts at it, or ends before it.
    Time(DateTime<Utc>),
}

impl fmt::Display for DateOrTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Time(time) => f.write_str(&time.to_rfc3339()),
        }
    }
}

/// The error for a text that is neither a day nor a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a day such as 2026-01-31, or a time such as 2026-01-31T09:00:00Z (the + of an offset is written %2B)"
)]
pub struct UnknownMoment;

impl FromStr for DateOrTime {
    type Err = UnknownMoment;

    fn from_str(text: &str) -> Result<Self, UnknownMoment> {
        let moment = match text.parse() {
            Ok(day) => Self::Day(day),
            Err(_) => Self::Time(text.parse().ok().and_then(clock::stored).ok_or(UnknownMoment)?),
        };
        let year = match moment {
            Self::Day(day) => day.year(),
            Self::Time(time) => time.year(),
        };
        if (1900..=9998).contains(&year) { Ok(moment) } else { Err(UnknownMoment) }
    }
}

impl<'de> Deserialize<'de> for DateOrTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A span of time from `from` to `to`, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first day in its time zone; a truncated first interval keeps its original first day.
    pub day: NaiveDate,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// A requested period, in a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub zone: Tz,
    pub interval: Interval,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// The time zone of this name.
///
/// # Errors
/// [`Malformed`] if there is none.
pub(super) fn zone(name: &str) -> Result<Tz> {
    let unknown = || Malformed::new("parameter_invalid", "timeZone", "expected an IANA zone such as Europe/Berlin");
    Ok(places::time_zone(name).ok_or_else(unknown)?)
}

/// The start of a day: midnight, or the first moment after it if the clocks skip midnight.
pub(crate) fn midnight(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    instant(zone, day.and_time(NaiveTime::MIN))
}

/// The first moment at which local clocks show this time or, if they skip it, a later one.
pub(crate) fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    // No clock change was longer than a day, and all offsets are multiples of less than a quarter of an hour.
    let later = (0..=96).filter_map(|quarters| local.checked_add_signed(TimeDelta::minutes(15 * quarters)));
    let mut shown = later.filter_map(|local| zone.from_local_datetime(&local).earliest());
    shown.next().map_or_else(|| local.and_utc(), |time| time.to_utc())
}

impl Period {
    /// The period between two times. The default is the usual number of intervals up to the end of today.
    ///
    /// # Errors
    /// [`Malformed`] if it ends before it starts, or has too many intervals.
    pub(super) fn new(
        zone: Tz,
        interval: Interval,
        bounds: (Option<DateOrTime>, Option<DateOrTime>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let period = Self::unbucketed(zone, interval, bounds, now)?;
        if period.spans().nth(MAX_INTERVALS).is_some() {
            let hint = format!("at most {MAX_INTERVALS} of them; choose longer ones, or a shorter period");
            return Err(Malformed::new("parameter_invalid", "interval", hint).into());
        }
        Ok(period)
    }

    /// The same period, without a limit on the number of intervals.
    ///
    /// # Errors
    /// [`Malformed`] if it ends before it starts.
    pub(super) fn unbucketed(
        zone: Tz,
        interval: Interval,
        (from, to): (Option<DateOrTime>, Option<DateOrTime>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let tomorrow = |day: NaiveDate| midnight(zone, day + Days::new(1));
        let to = match to {
            Some(DateOrTime::Time(to)) => to,
            Some(DateOrTime::Day(day)) => tomorrow(day),
            None => tomorrow(now.with_timezone(&zone).date_naive()),
        };
        let last = (to - TimeDelta::microseconds(1)).with_timezone(&zone).date_naive();
        let from = match from {
            Some(DateOrTime::Time(from)) => from,
            Some(DateOrTime::Day(day)) => midnight(zone, day),
            None => midnight(zone, interval.usual_start(last)),
        };
        if from >= to {
            return Err(Malformed::new("parameter_invalid", "to", "the period must end after it begins").into());
        }
        Ok(Self { zone, interval, from, to })
    }

    /// The last intervals up to the current one.
    pub(super) fn last(zone: Tz, interval: Interval, now: DateTime<Utc>) -> Self {
        let today = now.with_timezone(&zone).date_naive();
        let end = interval.after(interval.start(today), 1);
        Self { zone, interval, from: midnight(zone, interval.usual_start(today)), to: midnight(zone, end) }
    }

    /// Its intervals, without gaps; the first and the last may be truncated.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        let Self { zone, interval, from, to } = *self;
        let first = interval.start(from.with_timezone(&zone).date_naive());
        let start = move |step: u32| interval.after(first, step);
        let spans = (0..).map(move |step| Span {
            day: start(step),
            from: midnight(zone, start(step)).max(from),
            to: midnight(zone, start(step + 1)).min(to),
        });
        // An interval may be empty: if the clocks skipped a whole day, that day does not exist.
        spans.take_while(move |span| span.from < to).filter(|span| span.from < span.to)
    }

    /// The period of the same length, by the local clock, that ends where this one starts.
    pub(super) fn before(&self) -> Span {
        let local = |time: DateTime<Utc>| time.with_timezone(&self.zone).naive_local();
        let (from, to) = (local(self.from), local(self.to));
        let begins = from - (to - from);
        Span { day: begins.date(), from: instant(self.zone, begins).min(self.from), to: self.from }
    }

    /// The whole period as one span.
    pub(super) fn aligned(&self) -> Span {
        Span { day: self.from.with_timezone(&self.zone).date_naive(), from: self.from, to: self.to }
    }
}

/// The number of days between two times, on the local calendar.
pub(super) fn days_between(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    let day = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
    (day(to) - day(from)).num_days()
}
