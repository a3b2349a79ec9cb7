//! When a company works: periods of its week, and days on which it does not.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::Violations;
use super::string_enum::string_enum;

/// The maximum number of periods of a week.
const MAX_PERIODS: usize = 70;
/// The maximum number of holidays.
const MAX_HOLIDAYS: usize = 400;
const MINUTES_OF_A_DAY: u16 = 24 * 60;

string_enum! {
    /// A day of the week.
    Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

impl Weekday {
    /// The day of the week of a date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        match date.weekday() {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

/// A minute of a day, from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayMinute(u16);

impl DayMinute {
    /// The minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

/// A text is no minute of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time of day such as 09:30, up to 24:00")]
pub struct DayMinuteInvalid;

impl FromStr for DayMinute {
    type Err = DayMinuteInvalid;

    fn from_str(text: &str) -> Result<Self, DayMinuteInvalid> {
        let two = |digits: &str| match digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            true => digits.parse::<u16>().map_err(|_| DayMinuteInvalid),
            false => Err(DayMinuteInvalid),
        };
        let (hours, minutes) = text.split_once(':').ok_or(DayMinuteInvalid)?;
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        let of_day = hours * 60 + minutes;
        if minutes > 59 || of_day > MINUTES_OF_A_DAY { Err(DayMinuteInvalid) } else { Ok(Self(of_day)) }
    }
}

impl fmt::Display for DayMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for DayMinute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayMinute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A part of a day on which a company works, by its local clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkingPeriod {
    /// The day of the week.
    pub day: Weekday,
    /// When it begins.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "09:00"))]
    pub from: DayMinute,
    /// When it ends, up to `24:00`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "17:30"))]
    pub to: DayMinute,
}

/// When a company works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkingHours {
    /// The periods of each week in the company's time zone; 1 to 70, and those of a day do not overlap.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 70))]
    pub periods: Vec<WorkingPeriod>,
    /// The days on which the company does not work; at most 400.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = false, max_items = 400))]
    pub holidays: Vec<NaiveDate>,
}

impl WorkingHours {
    /// Sorts the periods and the holidays, and checks every rule.
    pub(crate) fn settled(mut self, at: &str, violations: &mut Violations) -> Self {
        if self.periods.is_empty() {
            violations.add(format!("{at}/periods"), "required", "name at least one period");
        }
        for (list, count, most) in
            [("periods", self.periods.len(), MAX_PERIODS), ("holidays", self.holidays.len(), MAX_HOLIDAYS)]
        {
            if count > most {
                violations.add(format!("{at}/{list}"), "too_many", format!("at most {most}"));
                return Self::default();
            }
        }
        for (index, period) in self.periods.iter().enumerate() {
            if period.from >= period.to {
                violations.add(format!("{at}/periods/{index}/to"), "out_of_range", "a period ends after it begins");
            }
            let overlaps =
                |other: &WorkingPeriod| other.day == period.day && other.from < period.to && period.from < other.to;
            if self.periods[..index].iter().any(overlaps) {
                violations.add(format!("{at}/periods/{index}"), "duplicate", "another period has a part of this one");
            }
        }
        for (index, day) in self.holidays.iter().enumerate() {
            if !(1900..=9998).contains(&day.year()) {
                let detail = "expected a day of the years 1900 to 9998";
                violations.add(format!("{at}/holidays/{index}"), "out_of_range", detail);
            }
        }
        self.periods.sort_by_key(|period| (period.day, period.from));
        self.holidays.sort_unstable();
        self.holidays.dedup();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{DayMinute, WorkingHours};
    use crate::base::error::Violations;

    #[test]
    fn a_minute_is_written_as_it_is_read() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(text.parse::<DayMinute>().unwrap().to_string(), text);
        }
        for text in ["", "9:30", "24:01", "12:60", "-1:00", "+1:00", "1200", "12:00:00", "99:99"] {
            assert!(text.parse::<DayMinute>().is_err(), "{text}");
        }
    }

    fn faults(json: serde_json::Value) -> Vec<(String, String)> {
        let hours: WorkingHours = serde_json::from_value(json).unwrap();
        let mut violations = Violations::default();
        hours.settled("/workingHours", &mut violations);
        violations.0.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let period = |from: &str, to: &str| serde_json::json!({ "day": "monday", "from": from, "to": to });
        let hours = serde_json::json!({
            "periods": [period("09:00", "12:00"), period("13:00", "13:00"), period("11:59", "17:00")],
            "holidays": ["1899-12-31"],
        });
        let at = |pointer: &str, code: &str| (format!("/workingHours{pointer}"), code.to_owned());
        let expected =
            [at("/periods/1/to", "out_of_range"), at("/periods/2", "duplicate"), at("/holidays/0", "out_of_range")];
        assert_eq!(faults(hours), expected);
        assert_eq!(faults(serde_json::json!({ "periods": [] })), [at("/periods", "required")]);
        let next_to_each_other = [period("09:00", "12:00"), period("12:00", "24:00")];
        assert!(faults(serde_json::json!({ "periods": next_to_each_other })).is_empty());
    }
}
