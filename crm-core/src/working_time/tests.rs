//! Working time over clock changes, and its laws.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{America, Australia, Europe, Tz};
use proptest::prelude::*;

use super::{WorkingHours, WorkingTime};

fn hours(periods: &[(&str, &str, &str)], holidays: &[&str]) -> WorkingHours {
    let period = |(day, from, to): &(&str, &str, &str)| serde_json::json!({ "day": day, "from": from, "to": to });
    let periods: Vec<_> = periods.iter().map(period).collect();
    serde_json::from_value(serde_json::json!({ "periods": periods, "holidays": holidays })).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

#[test]
fn weekends_and_holidays_do_not_count() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let week: Vec<_> = days.iter().flat_map(|day| [(*day, "09:00", "12:00"), (*day, "13:00", "17:00")]).collect();
    let week = hours(&week, &["2026-06-08"]);
    let time = WorkingTime::new(Some(&week), Tz::UTC);
    let friday = at("2026-06-05T16:30:00Z");
    assert_eq!(time.after(friday, minutes(30)), Some(at("2026-06-05T17:00:00Z")));
    assert_eq!(time.after(friday, minutes(31)), Some(at("2026-06-09T09:01:00Z")), "Monday is a holiday");
    assert_eq!(time.after(friday, minutes(30 + 181)), Some(at("2026-06-09T13:01:00Z")), "not at lunch");
    assert_eq!(time.between(friday, at("2026-06-10T00:00:00Z")), minutes(30 + 7 * 60));
    assert_eq!(time.between(at("2026-06-10T00:00:00Z"), friday), TimeDelta::zero());
    assert_eq!(time.after(friday, TimeDelta::zero()), Some(friday));
    for (moment, works) in [
        ("2026-06-05T08:59:59Z", false),
        ("2026-06-05T09:00:00Z", true),
        ("2026-06-05T12:00:00Z", false),
        ("2026-06-06T10:00:00Z", false),
        ("2026-06-08T10:00:00Z", false),
    ] {
        assert_eq!(time.contains(at(moment)), works, "{moment}");
    }
}

#[test]
fn without_hours_every_minute_counts() {
    let time = WorkingTime::new(None, Europe::Berlin);
    let (from, to) = (at("2026-03-28T12:00:00Z"), at("2026-03-30T12:00:00Z"));
    assert_eq!(time.between(from, to), TimeDelta::days(2));
    assert_eq!(time.after(from, TimeDelta::days(2)), Some(to));
    assert!(time.contains(from));
}

#[test]
fn who_never_works_never_answers() {
    let never = WorkingHours::default();
    assert_eq!(WorkingTime::new(Some(&never), Tz::UTC).after(at("2026-06-05T16:30:00Z"), minutes(1)), None);
}

/// A Sunday on which the clocks change, from midnight to midnight, and how many minutes it has.
const SUNDAYS: [(Tz, &str, &str, i64); 6] = [
    (Europe::Berlin, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23 * 60),
    (Europe::Berlin, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25 * 60),
    (America::New_York, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", 23 * 60),
    (America::New_York, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", 25 * 60),
    (Australia::Lord_Howe, "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z", 24 * 60 + 30),
    (Australia::Lord_Howe, "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z", 23 * 60 + 30),
];

#[test]
fn a_day_has_the_minutes_that_pass_in_it() {
    let all_day = hours(&[("sunday", "00:00", "24:00")], &[]);
    for (zone, from, to, long) in SUNDAYS {
        let time = WorkingTime::new(Some(&all_day), zone);
        assert_eq!(time.between(at(from), at(to)), minutes(long), "{zone} {from}");
        assert_eq!(time.between(at(from) - minutes(600), at(to) + minutes(600)), minutes(long), "{zone} {from}");
        assert_eq!(time.after(at(from), minutes(long)), Some(at(to)), "{zone} {from}");
    }
}

#[test]
fn a_period_over_a_change_is_longer_or_shorter() {
    let night = hours(&[("sunday", "01:00", "04:00")], &[]);
    for ((zone, from, to, _), long) in SUNDAYS.into_iter().zip([120, 240, 120, 240, 210, 150]) {
        let time = WorkingTime::new(Some(&night), zone);
        assert_eq!(time.between(at(from), at(to)), minutes(long), "{zone} {from}");
    }
}

#[test]
fn what_the_clocks_skip_is_no_time() {
    let skipped =
        hours(&[("sunday", "02:05", "02:20"), ("sunday", "02:20", "02:25"), ("sunday", "03:00", "03:01")], &[]);
    let time = WorkingTime::new(Some(&skipped), Europe::Berlin);
    let (from, to) = (at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"));
    let passed = time.between(from, to);
    assert!(passed > TimeDelta::zero() && passed <= minutes(21), "{passed}: periods do not overlap");
    assert_eq!(time.after(from, passed).map(|end| time.between(from, end)), Some(passed));
}

fn zones() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![Tz::UTC, Europe::Berlin, America::New_York, Australia::Lord_Howe, Tz::America__Santiago])
}

prop_compose! {
    fn weeks()(periods in prop::collection::vec((0_usize..7, 0_u16..1380, 60_u16..600), 1..6)) -> WorkingHours {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let periods: Vec<_> = periods
            .into_iter()
            .map(|(day, from, long)| {
                let to = (from + long).min(1440);
                serde_json::json!({ "day": days[day], "from": clock(from), "to": clock(to) })
            })
            .collect();
        serde_json::from_value(serde_json::json!({ "periods": periods })).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_added_is_what_is_measured(
        zone in zones(),
        week in weeks(),
        start in 0_i64..3 * 525_600,
        added in 0_i64..3_000,
        more in 0_i64..600,
    ) {
        let time = WorkingTime::new(Some(&week), zone);
        let start = at("2026-01-01T00:00:00Z") + minutes(start);
        let end = time.after(start, minutes(added)).expect("every week has working time");
        prop_assert_eq!(time.between(start, end), minutes(added));
        prop_assert!(added == 0 || time.contains(end - TimeDelta::microseconds(1)), "it ends as soon as it can");
        let later = time.after(start, minutes(added + more)).expect("every week has working time");
        prop_assert!(end <= later, "more working time ends no sooner");
        let begun_later = time.after(start + minutes(more), minutes(added)).expect("every week has working time");
        prop_assert!(end <= begun_later, "what begins later ends no sooner");
        prop_assert_eq!(time.between(start, end) + time.between(end, later), time.between(start, later));
    }
}
