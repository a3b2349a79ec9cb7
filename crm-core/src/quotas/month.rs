//! Months of the calendar.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A month of the calendar. In JSON it is a text such as `2026-11`.
///
/// ```
/// use crm_core::quotas::Month;
///
/// let month: Month = "2026-11".parse()?;
/// assert_eq!(month.plus(2).to_string(), "2027-01");
/// # Ok::<(), crm_core::quotas::MonthInvalid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> NaiveDate {
        self.0
    }

    /// So many months later.
    #[must_use]
    pub fn plus(self, months: u32) -> Self {
        Self(self.0.checked_add_months(Months::new(months)).unwrap_or(self.0))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// A text that is no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a month of the years 1900 to 9998 such as 2026-11")]
pub struct MonthInvalid;

impl FromStr for Month {
    type Err = MonthInvalid;

    fn from_str(text: &str) -> Result<Self, MonthInvalid> {
        let (year, month) = text.split_once('-').ok_or(MonthInvalid)?;
        let is_written_out = year.len() == 4 && month.len() == 2;
        let year = year.parse().ok().filter(|year| is_written_out && (1900..=9998).contains(year));
        let day = year.zip(month.parse().ok()).and_then(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1));
        day.map(Self).ok_or(MonthInvalid)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Month, MonthInvalid};

    #[test]
    fn a_month_is_a_year_and_a_number() {
        let month: Month = "2026-02".parse().unwrap();
        assert_eq!((month.to_string().as_str(), month.first_day().to_string().as_str()), ("2026-02", "2026-02-01"));
        assert_eq!(Month::of("2026-02-28".parse().unwrap()), month);
        assert_eq!(serde_json::to_string(&month.plus(11)).unwrap(), "\"2027-01\"");
        for text in ["", "2026", "2026-13", "2026-00", "2026-2", "26-02", "1899-12", "9999-01", "2026-02-01", "+026-01"]
        {
            assert_eq!(text.parse::<Month>(), Err(MonthInvalid), "{text}");
        }
    }
}
