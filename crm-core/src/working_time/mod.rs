//! Arithmetic with working time: when so many working minutes have passed, and how many have passed between two times.
//!
//! - Working hours are those of a company's settings, in its time zone. Without any, a company works around the clock.
//! - A minute is a minute that passes: where the clocks change within working hours, the day has an hour more or less of them.
//! - A time that the clocks skip is a later one of that day; of a time that they show twice, the first is meant.
//! - Holidays have no working time.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use crm_core::working_time::{WorkingHours, WorkingTime};
//!
//! let hours: WorkingHours = serde_json::from_str(
//!     r#"{"periods": [{"day": "friday", "from": "09:00", "to": "17:00"}, {"day": "monday", "from": "09:00", "to": "17:00"}]}"#,
//! )?;
//! let time = WorkingTime::new(Some(&hours), chrono_tz::Europe::Berlin);
//! let friday: DateTime<Utc> = "2026-06-05T14:30:00Z".parse()?;
//! let monday: DateTime<Utc> = "2026-06-08T07:30:00Z".parse()?;
//! assert_eq!(time.after(friday, TimeDelta::hours(1)), Some(monday));
//! assert_eq!(time.between(friday, monday), TimeDelta::hours(1));
//! # anyhow::Ok(())
//! ```

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

pub use crate::base::working_hours::{DayMinute, DayMinuteInvalid, Weekday, WorkingHours, WorkingPeriod};
use crate::stats::{instant, midnight};

/// After so many days without enough working time there will be none.
const MAX_DAYS: usize = 3_700;

/// The working time of a company.
#[derive(Clone, Copy, Debug)]
pub struct WorkingTime<'h> {
    hours: Option<&'h WorkingHours>,
    zone: Tz,
}

impl<'h> WorkingTime<'h> {
    /// These hours in this zone; around the clock without any.
    #[must_use]
    pub const fn new(hours: Option<&'h WorkingHours>, zone: Tz) -> Self {
        Self { hours, zone }
    }

    /// Whether the company works at this time. The end of a period is no part of it.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        let mut days = self.days(at).take(2).flat_map(|day| self.periods_of(day));
        days.any(|(from, to)| from <= at && at < to)
    }

    /// The first time at which so much working time has passed since `start`, which is that time itself for none. `None` if
    /// there is not so much of it within ten years.
    #[must_use]
    pub fn after(&self, start: DateTime<Utc>, working: TimeDelta) -> Option<DateTime<Utc>> {
        let mut left = working;
        if left <= TimeDelta::zero() {
            return Some(start);
        }
        for (from, to) in self.days(start).take(MAX_DAYS).flat_map(|day| self.periods_of(day)) {
            let from = from.max(start);
            if from >= to {
                continue;
            }
            if to - from >= left {
                return Some(from + left);
            }
            left -= to - from;
        }
        None
    }

    /// How much working time passes between two times; none if the second is not the later one.
    #[must_use]
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let days = self.days(from).take_while(|day| midnight(self.zone, *day) < to);
        let within = days.flat_map(|day| self.periods_of(day)).map(|(begin, end)| end.min(to) - begin.max(from));
        within.filter(|part| *part > TimeDelta::zero()).sum()
    }

    /// The days from that of a time on.
    fn days(&self, from: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        from.with_timezone(&self.zone).date_naive().iter_days()
    }

    /// The periods of a day as times, in their order and apart from each other and from those of other days, whatever the
    /// clocks do.
    fn periods_of(&self, day: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let Some(next) = day.succ_opt() else {
            return Vec::new();
        };
        let (start, end) = (midnight(self.zone, day), midnight(self.zone, next));
        let Some(hours) = self.hours else {
            return vec![(start, end)];
        };
        if hours.holidays.contains(&day) {
            return Vec::new();
        }
        let weekday = Weekday::of(day);
        let mut of_day: Vec<&WorkingPeriod> = hours.periods.iter().filter(|period| period.day == weekday).collect();
        of_day.sort_unstable_by_key(|period| (period.from, period.to));
        let at = |minute: DayMinute| {
            let local = day.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(minute.minutes().into());
            instant(self.zone, local).max(start).min(end)
        };
        let mut periods = Vec::with_capacity(of_day.len());
        let mut last = start;
        for period in of_day {
            let (from, to) = (at(period.from).max(last), at(period.to));
            if from < to {
                periods.push((from, to));
                last = to;
            }
        }
        periods
    }
}
