//! Schedules, by the clock of the company.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::companies::SettingsPatch;
use crm_core::jobs::{JobQuery, NewJobSchedule};
use crm_core::page::PageRequest;
use crm_core::{Conflict, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{KIND, Work, World};
use crate::support::{assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_schedule_goes_by_the_clock_of_its_company,
        a_schedule_makes_up_for_what_was_missed_once,
        a_schedule_can_be_changed_and_switched_off,
        schedules_have_limits,
    ]);
}

async fn set_zone(world: &World, zone: &str) -> anyhow::Result<()> {
    let patch = SettingsPatch { time_zone: Some(zone.to_owned()).into(), ..SettingsPatch::default() };
    world.crm.admin().settings().update(patch, None).await?;
    Ok(())
}

fn daily(name: &str, cron: &str) -> NewJobSchedule {
    NewJobSchedule { payload: json!(Work::named(name)), ..NewJobSchedule::new(name, cron, KIND) }
}

async fn next(world: &World) -> anyhow::Result<Option<DateTime<Utc>>> {
    Ok(world.crm.admin().jobs().schedules().await?[0].next_run_at)
}

async fn a_schedule_goes_by_the_clock_of_its_company(database: TestDatabase) -> anyhow::Result<()> {
    for (zone, from, times) in [
        ("Europe/Berlin", "2026-03-27T12:00:00Z", ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
        ("America/New_York", "2026-10-31T12:00:00Z", ["2026-11-01T07:30", "2026-11-02T07:30", "2026-11-03T07:30"]),
        ("Australia/Lord_Howe", "2026-10-02T12:00:00Z", ["2026-10-02T16:00", "2026-10-03T15:30", "2026-10-04T15:30"]),
    ] {
        let world = World::new(&database);
        world.clock.set(from.parse()?);
        set_zone(&world, zone).await?;
        world.crm.admin().jobs().schedule(daily("nightly", "30 2 * * *")).await?;
        for time in times {
            let expected: DateTime<Utc> = format!("{time}:00Z").parse()?;
            assert_eq!(next(&world).await?, Some(expected), "{zone}");
            world.clock.set(expected - TimeDelta::seconds(1));
            assert_eq!(world.run().await?, 0, "{zone} {time}");
            world.clock.set(expected);
            assert_eq!(world.run().await?, 1, "{zone} {time}");
        }
        assert_eq!(world.effects().await?, ["nightly"; 3]);
        world.crm.admin().jobs().unschedule("nightly").await?;
    }
    Ok(())
}

async fn a_schedule_makes_up_for_what_was_missed_once(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let schedule = world.crm.admin().jobs().schedule(daily("hourly", "0 * * * *")).await?;
    world.clock.advance(std::time::Duration::from_secs(10 * 60 * 60 + 1));
    // Several workers look at the same time.
    let others = [world.other_process(), world.other_process()];
    let (db, options) = (&world.crm.db, &world.options);
    let runs = tokio::join!(world.run(), others[0].run_due_jobs(db, options), others[1].run_due_jobs(db, options));
    assert_eq!(runs.0? + runs.1? + runs.2?, 1);
    let page = world.crm.admin().jobs().list(&JobQuery::default(), &PageRequest::default()).await?;
    assert_eq!(page.data.iter().map(|job| job.schedule_id).collect::<Vec<_>>(), [Some(schedule.id)]);
    assert_eq!(next(&world).await?, Some("2026-06-01T23:00:00Z".parse()?));
    Ok(())
}

async fn a_schedule_can_be_changed_and_switched_off(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let first = world.crm.admin().jobs().schedule(daily("report", "0 9 * * *")).await?;
    assert_eq!(first.next_run_at, Some("2026-06-02T09:00:00Z".parse()?));
    // The new time zone holds for what was planned before.
    set_zone(&world, "America/New_York").await?;
    assert_eq!(next(&world).await?, Some("2026-06-01T13:00:00Z".parse()?));
    let second = world.crm.admin().jobs().schedule(daily("report", "0 10 * * MON")).await?;
    assert_eq!((second.id, second.version, second.next_run_at), (first.id, 2, Some("2026-06-01T14:00:00Z".parse()?)));
    let off = NewJobSchedule { is_enabled: false, ..daily("report", "0 10 * * MON") };
    let off = world.crm.admin().jobs().schedule(off).await?;
    assert_eq!((off.is_enabled, off.next_run_at), (false, None));
    world.clock.advance(std::time::Duration::from_secs(14 * 24 * 60 * 60));
    assert_eq!(world.run().await?, 0);
    world.crm.admin().jobs().unschedule("report").await?;
    world.crm.admin().jobs().unschedule("report").await?;
    assert_eq!(world.crm.admin().jobs().schedules().await?, []);
    Ok(())
}

async fn schedules_have_limits(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let mut scope = world.crm.admin();
    assert_eq!(violation(scope.jobs().schedule(daily("a", "0 0 9 * * *")).await, "/cron"), "cron_invalid");
    for number in 0..crm_core::jobs::MAX_SCHEDULES {
        scope.jobs().schedule(daily(&number.to_string(), "0 9 * * *")).await?;
    }
    let more = scope.jobs().schedule(daily("more", "0 9 * * *")).await;
    assert_matches!(more, Err(Error::Conflict(Conflict::TooManyJobSchedules)));
    let mut manager = world.crm.scope(Role::Manager);
    assert_matches!(manager.jobs().schedules().await, Err(Error::Forbidden { .. }));
    assert_matches!(manager.jobs().schedule(daily("0", "0 9 * * *")).await, Err(Error::Forbidden { .. }));
    assert_matches!(manager.jobs().unschedule("0").await, Err(Error::Forbidden { .. }));
    Ok(())
}
