//! Days, weeks and months in time zones.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::Error;
use crm_core::actor::Role;
use crm_core::companies::SettingsPatch;
use crm_core::patch::Patch;
use crm_core::stats::{Dashboard, DashboardQuery, DateOrTime, Interval, PerformanceGroup, PerformanceQuery};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        intervals_follow_one_another_and_leave_nothing_out,
        a_day_is_as_long_as_the_clock_makes_it,
        the_time_before_is_as_long_on_the_clock,
        the_companys_time_zone_counts_unless_another_is_asked_for,
        periods_that_make_no_sense_are_refused,
    ]);
}

fn day(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime::Day(text.parse().expect("a day")))
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

async fn dashboard(
    crm: &TestCrm,
    interval: Interval,
    zone: &str,
    from: Option<DateOrTime>,
    to: Option<DateOrTime>,
) -> Dashboard {
    let query = DashboardQuery { from, to, interval, time_zone: Some(zone.to_owned()), owner: None };
    crm.admin().stats().dashboard(&query).await.expect("a dashboard")
}

fn fresh(database: &TestDatabase) -> TestCrm {
    TestCrm::with(database, crm_core::Crm::builder().clock(FixedClock::default()))
}

async fn intervals_follow_one_another_and_leave_nothing_out(database: TestDatabase) {
    let crm = fresh(&database);
    crm.named("Lee & Co").await.expect("a customer");
    for zone in ["UTC", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Antarctica/Troll"] {
        for (interval, count) in [(Interval::Day, 366), (Interval::Week, 54), (Interval::Month, 13)] {
            let dashboard = dashboard(&crm, interval, zone, day("2011-06-15"), day("2012-06-14")).await;
            let series = &dashboard.series;
            assert!(series.len().abs_diff(count) <= 1, "{} {interval}s in {zone}", series.len());
            assert_eq!((series[0].from, series[series.len() - 1].to), (dashboard.from, dashboard.to));
            assert!(series.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].date < pair[1].date));
            assert!(series.iter().all(|point| point.from < point.to));
        }
    }
    // On the island of Upolu 30 December 2011 never was.
    let apia = dashboard(&crm, Interval::Day, "Pacific/Apia", day("2011-12-28"), day("2012-01-02")).await;
    let days: Vec<String> = apia.series.iter().map(|point| point.date.to_string()).collect();
    assert_eq!(days, ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]);
}

async fn a_day_is_as_long_as_the_clock_makes_it(database: TestDatabase) {
    let crm = fresh(&database);
    let hours = async |zone: &str, on: &str| {
        let dashboard = dashboard(&crm, Interval::Day, zone, day(on), day(on)).await;
        (dashboard.to - dashboard.from).num_minutes() as f64 / 60.0
    };
    crm.named("Lee & Co").await.expect("a customer");
    assert_eq!(hours("Europe/Berlin", "2026-03-29").await, 23.0);
    assert_eq!(hours("Europe/Berlin", "2026-10-25").await, 25.0);
    assert_eq!(hours("Australia/Lord_Howe", "2026-04-05").await, 24.5);
    // There midnight itself is jumped over: the day begins at one o'clock.
    let beirut = dashboard(&crm, Interval::Day, "Asia/Beirut", day("2026-03-29"), day("2026-03-29")).await;
    assert_eq!(beirut.from, time("2026-03-28T22:00:00Z"));
    assert_eq!(hours("Asia/Beirut", "2026-03-29").await, 23.0);
}

async fn the_time_before_is_as_long_on_the_clock(database: TestDatabase) {
    let crm = fresh(&database);
    crm.named("Lee & Co").await.expect("a customer");
    // April on the clocks of Berlin; the thirty days before begin before the clocks are put forward.
    let april = dashboard(&crm, Interval::Month, "Europe/Berlin", day("2026-04-01"), day("2026-04-30")).await;
    assert_eq!(april.from, time("2026-03-31T22:00:00Z"));
    assert_eq!(april.previous_from, time("2026-03-01T23:00:00Z"), "midnight of 2 March");
    let exact = Some(DateOrTime::Time(time("2026-06-01T10:00:00Z")));
    let hours =
        dashboard(&crm, Interval::Day, "UTC", exact, Some(DateOrTime::Time(time("2026-06-01T16:00:00Z")))).await;
    assert_eq!(hours.previous_from, time("2026-06-01T04:00:00Z"));
    assert_eq!(hours.series.len(), 1);
}

async fn the_companys_time_zone_counts_unless_another_is_asked_for(database: TestDatabase) -> anyhow::Result<()> {
    let crm = fresh(&database);
    let patch = SettingsPatch { time_zone: Patch::Set("Asia/Tokyo".to_owned()), ..SettingsPatch::default() };
    crm.admin().settings().update(patch, None).await?;
    let mut scope = crm.scope(Role::Viewer);
    // Noon of 1 June in London's winter time is nine in the evening in Tokyo.
    let dashboard = scope.stats().dashboard(&DashboardQuery::default()).await?;
    assert_eq!((dashboard.time_zone.as_str(), dashboard.to), ("Asia/Tokyo", time("2026-06-01T15:00:00Z")));
    assert_eq!(dashboard.to - dashboard.from, TimeDelta::days(30));
    let utc = DashboardQuery { time_zone: Some("UTC".to_owned()), ..DashboardQuery::default() };
    assert_eq!(scope.stats().dashboard(&utc).await?.to, time("2026-06-02T00:00:00Z"));
    let months = PerformanceQuery { group_by: PerformanceGroup::Month, ..PerformanceQuery::default() };
    let report = scope.stats().performance(&months).await?;
    assert_eq!(report.from, time("2025-06-30T15:00:00Z"));
    Ok(())
}

async fn periods_that_make_no_sense_are_refused(database: TestDatabase) {
    let crm = fresh(&database);
    crm.named("Lee & Co").await.expect("a customer");
    let mut scope = crm.admin();
    let query = |from, to, interval| DashboardQuery { from, to, interval, time_zone: None, owner: None };
    let backwards = query(day("2026-06-02"), day("2026-06-01"), Interval::Day);
    let to_come = query(day("2026-06-02"), None, Interval::Day);
    let too_many = query(day("2020-01-01"), day("2026-06-01"), Interval::Day);
    for (query, parameter) in [(&backwards, "to"), (&to_come, "to"), (&too_many, "interval")] {
        let refused = scope.stats().dashboard(query).await;
        assert_matches!(&refused, Err(Error::Malformed(malformed)) if malformed.at == parameter);
    }
    assert!(scope.stats().dashboard(&DashboardQuery { interval: Interval::Week, ..too_many }).await.is_ok());
    let nowhere = DashboardQuery { time_zone: Some("Middle/Earth".to_owned()), ..DashboardQuery::default() };
    assert_eq!(malformed(scope.stats().dashboard(&nowhere).await), "parameter_invalid");
    // Rows that are users have no intervals.
    let decades = PerformanceQuery { from: day("1950-01-01"), ..PerformanceQuery::default() };
    assert!(scope.stats().performance(&decades).await.is_ok());
    for text in ["2026-13-01", "yesterday", "", "0001-01-01", "2026-06-01T10:00:00"] {
        assert!(text.parse::<DateOrTime>().is_err(), "{text}");
    }
}
