//! How a task recurs: a rule of RFC 5545, by the company's clocks.
//!
//! The crate for rules is given times of clocks that never change: where clocks skip an hour it would leave out a day.
//! It is never given the end of a rule either, which it would read by the clocks of the machine.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use rrule::{Frequency, RRule, Unvalidated};

use crate::stats::instant;

/// The maximum length of a rule, in characters.
pub(super) const MAX_LENGTH: usize = 500;
const MAX_INTERVAL: u16 = 1_000;
const MAX_COUNT: u32 = 1_000;
/// How many times of a day, or of an hour, a rule names at most.
const MAX_TIMES: usize = 24;
/// How many occurrences are passed over at most, if a task is late.
const MAX_PASSED: usize = 20_000;

/// The parts of a rule, besides its end. There is none for seconds.
const PARTS: &[&str] = &[
    "FREQ",
    "INTERVAL",
    "WKST",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSETPOS",
];

const MALFORMED: &str = "expected a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=MO,FR";

/// A rule, and how long it goes on.
#[derive(Clone, Debug)]
struct Rule {
    rule: RRule<Unvalidated>,
    count: Option<u32>,
    until: Option<Until>,
}

/// The last moment of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    Local(NaiveDateTime),
    Utc(DateTime<Utc>),
}

/// When a task is due the next time, by the company's clocks, and the rule that is left then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub at: NaiveDateTime,
    pub rule: String,
}

/// The form in which a rule is stored.
pub(super) fn normal(text: &str) -> String {
    let text = text.to_ascii_uppercase();
    text.strip_prefix("RRULE:").unwrap_or(&text).to_owned()
}

/// Fails with a reason if a task that is due at this time by the company's clocks cannot recur so.
pub(super) fn check(text: &str, from: NaiveDateTime, is_date: bool) -> Result<(), &'static str> {
    let rule = Rule::read(text)?;
    if is_date && rule.has_times() {
        return Err("a task with a date recurs by days and not by hours");
    }
    match rule.after(from).and_then(|mut times| times.next()) {
        Some(_) => Ok(()),
        None => Err("the task would not recur: the rule names no day that exists"),
    }
}

/// The first occurrence after `from` that is ahead; nothing if the series is over.
pub(super) fn next(
    text: &str,
    from: NaiveDateTime,
    zone: Tz,
    is_ahead: impl Fn(NaiveDateTime) -> bool,
) -> Option<Next> {
    let rule = Rule::read(text).ok()?;
    let left = |number: u32| rule.count.map(|count| count.saturating_sub(number));
    // The task itself is the first one.
    for (number, at) in (1..).zip(rule.after(from)?) {
        if left(number) == Some(0) || rule.until.is_some_and(|until| until.is_before(at, zone)) {
            return None;
        }
        if is_ahead(at) {
            return Some(Next { at, rule: with_count(text, left(number)) });
        }
    }
    None
}

/// The rule with another number of occurrences, if it has one.
fn with_count(text: &str, count: Option<u32>) -> String {
    let part = |part: &str| match count {
        Some(count) if part.starts_with("COUNT=") => format!("COUNT={count}"),
        _ => part.to_owned(),
    };
    text.split(';').map(part).collect::<Vec<_>>().join(";")
}

impl Rule {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_LENGTH || !text.is_ascii() {
            return Err(MALFORMED);
        }
        let (mut count, mut until, mut rest) = (None, None, Vec::new());
        for part in text.split(';') {
            match part.split_once('=').ok_or(MALFORMED)? {
                ("COUNT", value) if count.is_none() => count = Some(counted(value)?),
                ("UNTIL", value) if until.is_none() => {
                    until = Some(Until::read(value).ok_or("UNTIL is no day or time")?)
                }
                ("BYDAY", days) if !days.split(',').all(is_day) => return Err("BYDAY has days such as MO or -1FR"),
                (name, _) if PARTS.contains(&name) => rest.push(part),
                _ => return Err(MALFORMED),
            }
        }
        if count.is_some() && until.is_some() {
            return Err("COUNT and UNTIL exclude each other");
        }
        let rule: RRule<Unvalidated> = rest.join(";").parse().map_err(|_| MALFORMED)?;
        let rule = Self { rule, count, until };
        rule.check_limits()?;
        Ok(rule)
    }

    fn check_limits(&self) -> Result<(), &'static str> {
        let times = self.rule.get_by_hour().len().max(1) * self.rule.get_by_minute().len().max(1);
        if matches!(self.rule.get_freq(), Frequency::Minutely | Frequency::Secondly) {
            return Err("a task recurs every hour at most");
        }
        if !(1..=MAX_INTERVAL).contains(&self.rule.get_interval()) {
            return Err("INTERVAL is a number from 1 to 1000");
        }
        // The crate would take it for a rule without days.
        if self.rule.get_by_month_day().contains(&0) {
            return Err("BYMONTHDAY has no day 0");
        }
        if times > MAX_TIMES {
            return Err("a rule has at most 24 times of a day or an hour");
        }
        Ok(())
    }

    fn has_times(&self) -> bool {
        let rule = &self.rule;
        rule.get_freq() == Frequency::Hourly || !rule.get_by_hour().is_empty() || !rule.get_by_minute().is_empty()
    }

    /// The occurrences after a time, by clocks that never change.
    fn after(&self, from: NaiveDateTime) -> Option<impl Iterator<Item = NaiveDateTime> + use<>> {
        let start = from.and_utc().with_timezone(&rrule::Tz::UTC);
        let set = self.rule.clone().build(start).ok()?.limit();
        let times = (&set).into_iter().map(|time| time.naive_utc());
        Some(times.filter(move |time| *time > from).take(MAX_PASSED))
    }
}

fn counted(value: &str) -> Result<u32, &'static str> {
    let count = value.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count));
    count.ok_or("COUNT is a number from 1 to 1000")
}

/// `MO`, `2TU`, `-1FR`
fn is_day(text: &str) -> bool {
    let Some((number, day)) = text.len().checked_sub(2).map(|at| text.split_at(at)) else { return false };
    let is_number = number.is_empty() || number.parse::<i8>().is_ok_and(|number| number != 0);
    is_number && ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].contains(&day)
}

impl Until {
    /// A day, which is included, a local time, or a time in UTC.
    fn read(text: &str) -> Option<Self> {
        const TIME: &str = "%Y%m%dT%H%M%S";
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y%m%d") {
            let end = NaiveTime::from_hms_opt(23, 59, 59)?;
            return Some(Self::Local(day.and_time(end)));
        }
        let time = |text: &str| NaiveDateTime::parse_from_str(text, TIME).ok();
        match text.strip_suffix('Z') {
            Some(text) => Some(Self::Utc(time(text)?.and_utc())),
            None => Some(Self::Local(time(text)?)),
        }
    }

    fn is_before(self, at: NaiveDateTime, zone: Tz) -> bool {
        match self {
            Self::Local(last) => last < at,
            Self::Utc(last) => last < instant(zone, at),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;
    use chrono_tz::Tz;

    use super::{Next, check, next, normal};

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn following(rule: &str, from: &str, times: usize) -> Vec<String> {
        let (mut at, mut rule, mut found) = (time(from), rule.to_owned(), Vec::new());
        while found.len() < times
            && let Some(following) = next(&rule, at, Tz::UTC, |_| true)
        {
            (at, rule) = (following.at, following.rule);
            found.push(at.format("%Y-%m-%dT%H:%M").to_string());
        }
        found
    }

    #[test]
    fn a_series_is_the_same_from_each_of_its_days() {
        for (rule, from, expected) in [
            (
                "FREQ=DAILY;INTERVAL=3",
                "2026-02-27T09:00:00",
                ["2026-03-02T09:00", "2026-03-05T09:00", "2026-03-08T09:00"],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
                "2026-06-01T00:00:00",
                ["2026-06-03T00:00", "2026-06-15T00:00", "2026-06-17T00:00"],
            ),
            ("FREQ=MONTHLY", "2026-01-31T12:00:00", ["2026-03-31T12:00", "2026-05-31T12:00", "2026-07-31T12:00"]),
            (
                "FREQ=MONTHLY;BYDAY=-1FR",
                "2026-01-30T12:00:00",
                ["2026-02-27T12:00", "2026-03-27T12:00", "2026-04-24T12:00"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "2026-01-30T12:00:00",
                ["2026-02-27T12:00", "2026-03-31T12:00", "2026-04-30T12:00"],
            ),
            ("FREQ=YEARLY", "2024-02-29T12:00:00", ["2028-02-29T12:00", "2032-02-29T12:00", "2036-02-29T12:00"]),
            (
                "FREQ=DAILY;BYHOUR=9,17",
                "2026-06-01T09:00:00",
                ["2026-06-01T17:00", "2026-06-02T09:00", "2026-06-02T17:00"],
            ),
            // A day that the rule does not name begins a series as well.
            (
                "FREQ=WEEKLY;BYDAY=FR",
                "2026-06-01T12:00:00",
                ["2026-06-05T12:00", "2026-06-12T12:00", "2026-06-19T12:00"],
            ),
        ] {
            assert_eq!(following(rule, from, 3), expected, "{rule}");
        }
    }

    #[test]
    fn a_series_ends() {
        let weekly = |end: &str| following(&format!("FREQ=WEEKLY;{end}"), "2026-06-01T12:00:00", 10).len();
        for (end, others) in [
            ("COUNT=1", 0),
            ("COUNT=3", 2),
            ("UNTIL=20260615", 2),
            ("UNTIL=20260614", 1),
            ("UNTIL=20260615T120000", 2),
            ("UNTIL=20260615T115959", 1),
            ("UNTIL=20260615T120000Z", 2),
            ("UNTIL=20200101", 0),
        ] {
            assert_eq!(weekly(end), others, "{end}");
        }
        let late =
            next("FREQ=DAILY;COUNT=5", time("2026-06-01T12:00:00"), Tz::UTC, |at| at > time("2026-06-03T00:00:00"));
        let left = Next { at: time("2026-06-03T12:00:00"), rule: "FREQ=DAILY;COUNT=3".to_owned() };
        assert_eq!(late, Some(left), "what was missed counts");
    }

    #[test]
    fn an_end_in_utc_is_one_by_the_clocks_of_the_company() {
        let ends =
            |zone| next("FREQ=DAILY;UNTIL=20260602T100000Z", time("2026-06-01T12:00:00"), zone, |_| true).is_none();
        assert!(!ends(Tz::Europe__Berlin) && ends(Tz::UTC) && ends(Tz::America__New_York));
    }

    #[test]
    fn rules_are_stored_in_one_form_and_within_limits() {
        assert_eq!(normal("rrule:freq=weekly;byday=mo"), "FREQ=WEEKLY;BYDAY=MO");
        let from = time("2026-06-01T12:00:00");
        for rule in ["FREQ=HOURLY;INTERVAL=6", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;WKST=MO", "FREQ=MONTHLY;BYDAY=+1MO"] {
            assert_eq!(check(rule, from, false), Ok(()), "{rule}");
        }
        let hours =
            format!("FREQ=DAILY;BYHOUR=9,10;BYMINUTE={}", (0..13).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        for rule in [
            "",
            "WEEKLY",
            "FREQ=FORTNIGHTLY",
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;INTERVAL=30",
            "FREQ=DAILY;BYSECOND=1",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=1001",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;COUNT=1001",
            "FREQ=DAILY;COUNT=2;COUNT=2",
            "FREQ=DAILY;COUNT=2;UNTIL=20270101",
            "FREQ=DAILY;UNTIL=tomorrow",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=WEEKLY;BYDAY=XMO",
            "FREQ=WEEKLY;BYDAY=ß",
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "DTSTART:20260101T000000Z",
            &hours,
        ] {
            assert!(check(rule, from, false).is_err(), "{rule}");
        }
        for rule in ["FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;BYMINUTE=9"] {
            assert!(check(rule, from, true).is_err(), "{rule}");
        }
    }
}
