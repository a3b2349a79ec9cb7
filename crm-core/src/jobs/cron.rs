//! When a schedule is due: cron in the company's time zone.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::base::places;

/// Five fields: minute, hour, day of the month, month, day of the week.
pub(super) fn parse(text: &str) -> Option<Cron> {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(text).ok()
}

/// The first time after `after` that matches; `None` if there is none, as for the 30th of February.
///
/// Where clocks are set forward, a fixed time within the missing hour is due when the gap ends, once; where they are
/// set back, it is due the first time only. What is due every so many minutes goes on through both.
pub(super) fn next(cron: &Cron, zone: &str, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let zone = places::time_zone(zone).unwrap_or(Tz::UTC);
    let next = cron.find_next_occurrence(&after.with_timezone(&zone), false).ok()?;
    Some(next.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::{next, parse};

    /// The first times of a schedule in a zone.
    fn times(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let (cron, from) = (parse(cron).unwrap(), from.parse::<DateTime<Utc>>().unwrap());
        let following = std::iter::successors(next(&cron, zone, from), |last| next(&cron, zone, *last));
        following.take(count).map(|time| time.format("%m-%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn a_fixed_time_is_due_once_a_day() {
        // Berlin, 29 March 2026: 02:00 becomes 03:00. 25 October: 03:00 becomes 02:00.
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
            ["03-28T01:30", "03-29T01:00", "03-30T00:30"]
        );
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 3),
            ["10-25T00:30", "10-26T01:30", "10-27T01:30"]
        );
        assert_eq!(
            times("0 9 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
            ["03-28T08:00", "03-29T07:00", "03-30T07:00"]
        );
        // New York, 8 March 2026: 02:00 becomes 03:00. 1 November: 02:00 becomes 01:00.
        assert_eq!(
            times("15 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", 3),
            ["03-07T07:15", "03-08T07:00", "03-09T06:15"]
        );
        assert_eq!(times("15 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2), ["11-01T05:15", "11-02T06:15"]);
        // Lord Howe, 4 October 2026: 02:00 becomes 02:30. 5 April: 02:00 becomes 01:30.
        assert_eq!(
            times("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T12:00:00Z", 3),
            ["10-02T15:45", "10-03T15:30", "10-04T15:15"]
        );
        assert_eq!(
            times("45 1 * * *", "Australia/Lord_Howe", "2026-04-03T12:00:00Z", 3),
            ["04-03T14:45", "04-04T14:45", "04-05T15:15"]
        );
    }

    #[test]
    fn what_is_due_every_half_hour_goes_on() {
        assert_eq!(
            times("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15:00Z", 4),
            ["03-29T00:30", "03-29T01:00", "03-29T01:30", "03-29T02:00"]
        );
        assert_eq!(
            times("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:15:00Z", 4),
            ["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]
        );
    }

    #[test]
    fn only_five_fields_are_a_schedule() {
        for text in ["0 9 * * MON-FRI", "*/5 * * * *", "0 0 L * *", "@daily"] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in ["", "* * * *", "0 0 9 * * *", "61 * * * *", "0 9 * * * 2027", "soon"] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert_eq!(times("0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", 1), [""; 0]);
    }
}
