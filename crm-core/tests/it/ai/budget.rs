//! The tokens of a day: when they are used up, interactions wait for the next day of the company.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::ai::{AiState, LanguageModelOptions};
use crm_core::companies::SettingsPatch;
use crm_core::jobs::JobState;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, TestModel};

use super::{World, answer};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [used_up_tokens_come_back_the_next_day, a_company_can_set_less, calls_at_once_share_the_tokens]);
}

fn limited(database: &TestDatabase, daily_tokens: u64) -> World {
    let options = LanguageModelOptions { daily_tokens: Some(daily_tokens), ..LanguageModelOptions::default() };
    World::limited(database, TestModel::saying(answer("A summary.", "A reply.")), options)
}

async fn used_up_tokens_come_back_the_next_day(database: TestDatabase) -> anyhow::Result<()> {
    // Each call uses 120 tokens: the third begins with one left.
    let world = limited(&database, 241);
    let zone = SettingsPatch { time_zone: Patch::Set("America/New_York".to_owned()), ..SettingsPatch::default() };
    world.crm.admin().settings().update(zone, None).await?;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(world.told(&format!("Number {number}")).await?);
        world.run().await?;
    }
    let mut states = Vec::new();
    for interaction in &all {
        let ai = world.ai(interaction.id).await?;
        states.push((ai.state, ai.reason));
    }
    let waits = (AiState::Pending, Some("budget_used_up".to_owned()));
    let done = (AiState::Done, None);
    assert_eq!(states, [done.clone(), done.clone(), done.clone(), waits.clone(), waits]);
    let usage = world.crm.admin().ai().usage().await?;
    assert_eq!((usage.daily_tokens, usage.used_tokens, usage.is_used_up), (Some(241), 360, true));
    assert_eq!((usage.today.calls, usage.today.input_tokens, usage.today.output_tokens), (3, 300, 60));
    // Noon of 1 June in UTC; the day of New York ends at four in the morning.
    let resumes: DateTime<Utc> = "2026-06-02T04:00:00Z".parse()?;
    assert_eq!(usage.resumes_at, resumes);
    // Waiting costs no attempts, however often a worker looks.
    let waiting = || async {
        anyhow::Ok(world.jobs().await?.into_iter().filter(|job| job.state == JobState::Waiting).collect::<Vec<_>>())
    };
    for job in waiting().await? {
        assert_eq!((job.attempts, job.run_at, job.last_error.as_deref()), (0, resumes, Some("budget_used_up")));
    }
    world.clock.set(resumes - TimeDelta::microseconds(1));
    assert_eq!(world.run().await?, 0);
    world.clock.set(resumes);
    assert_eq!(world.run().await?, 2);
    assert!(waiting().await?.is_empty());
    for interaction in &all {
        assert_eq!(world.ai(interaction.id).await?.state, AiState::Done);
    }
    let usage = world.crm.admin().ai().usage().await?;
    assert_eq!((usage.used_tokens, usage.is_used_up, usage.days.len()), (240, false, 2));
    assert_eq!(usage.days[1].day.to_string(), "2026-06-01");
    world.clock.advance(Duration::from_secs(40 * 24 * 3600));
    let usage = world.crm.admin().ai().usage().await?;
    assert_eq!((usage.used_tokens, usage.days.len()), (0, 0));
    Ok(())
}

async fn a_company_can_set_less(database: TestDatabase) -> anyhow::Result<()> {
    let world = limited(&database, 1_000_000);
    let patch = SettingsPatch { ai_daily_tokens: Patch::Set(1), ..SettingsPatch::default() };
    world.crm.admin().settings().update(patch, None).await?;
    let (first, second) = (world.told("First").await?, world.told("Second").await?);
    world.run().await?;
    let mut states = [world.ai(first.id).await?.state, world.ai(second.id).await?.state];
    states.sort();
    assert_eq!(states, [AiState::Pending, AiState::Done]);
    Ok(())
}

async fn calls_at_once_share_the_tokens(database: TestDatabase) -> anyhow::Result<()> {
    // Running calls count with what they may use: four workers do not begin four.
    let world = limited(&database, 1_000);
    for number in 0..8 {
        world.told(&format!("Number {number}")).await?;
    }
    let options = crm_core::jobs::JobOptions { parallel: 8, of_company: Some(8), ..Default::default() };
    world.crm.crm.run_due_jobs(&world.crm.db, &options).await?;
    let usage = world.crm.admin().ai().usage().await?;
    assert!(usage.used_tokens < 1_000 + 120, "{usage:?}");
    Ok(())
}
