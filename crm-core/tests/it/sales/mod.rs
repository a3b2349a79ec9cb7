//! Statistics of sales are compared with a plain evaluation of the records after random work; quotas, and the activity.

mod activity;
mod model;
mod quotas;
mod sight;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, TimeDelta, TimeZone, Utc};
use crm_core::CompanyScope;
use crm_core::deals::{Deal, DealStatus};
use crm_core::ids::UserId;
use crm_core::interactions::InteractionStatus;
use crm_core::leads::Lead;
use crm_core::pipelines::StageKind;
use crm_core::stats::{
    DateOrTime, ForecastNumbers, ForecastQuery, FunnelQuery, Interval, LeadStatsQuery, LeaderboardQuery,
    PipelineStatsQuery, TaskCounts, TaskStatsQuery,
};
use crm_core::tasks::{Task, TaskStatus};
use testkit::{Suite, TestDatabase};

use crate::chance::Chance;
use model::{Worth, median, rate, weighted, weighted_base, worth};
use world::{Records, World, ZONE};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [every_number_is_what_a_plain_evaluation_finds]);
    activity::register(suite);
    quotas::register(suite);
    sight::register(suite);
}

async fn every_number_is_what_a_plain_evaluation_finds(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database, Chance::seed() + 7).await?;
    world.live(320).await?;
    let mut admin = world.crm.admin();
    let records = world.records(&mut admin).await?;
    assert!(records.deals.len() > 20 && records.leads.len() > 15 && records.tasks.len() > 15, "too little happens");
    pipeline(&world, &records, &mut admin).await?;
    funnel(&world, &records, &mut admin).await?;
    forecast(&world, &records, &mut admin).await?;
    leaderboard(&records, &mut admin).await?;
    leads(&records, &mut admin).await?;
    tasks(&world, &records, &mut admin).await
}

impl Records {
    fn deals(&self) -> impl Iterator<Item = &Deal> {
        self.deals.iter().map(|(deal, _)| deal)
    }

    fn open(&self) -> impl Iterator<Item = &Deal> {
        self.deals().filter(|deal| deal.status == DealStatus::Open)
    }
}

/// The whole ten weeks.
fn whole() -> (Option<DateOrTime>, Option<DateOrTime>) {
    (Some(DateOrTime::Day("2026-01-01".parse().expect("a day"))), None)
}

async fn pipeline(world: &World, records: &Records, scope: &mut CompanyScope<'_>) -> anyhow::Result<()> {
    let (from, to) = whole();
    let told = scope.stats().pipeline(&PipelineStatsQuery { from, to, ..PipelineStatsQuery::default() }).await?;
    assert_eq!((told.as_of, told.pipeline_id), (world.now(), Some(world.pipeline.id)));
    assert_eq!(Worth::from(&told.totals), worth(records.open()));
    let weights: BTreeMap<String, i64> =
        told.totals.weighted_amounts.iter().map(|money| (money.currency.to_string(), money.amount)).collect();
    assert_eq!(weights, weighted(records.open()));
    let off = told.totals.weighted_base_amount.amount as f64 - weighted_base(records.open());
    assert!(off.abs() <= 1.01, "each of two currencies is rounded once, not {off}");
    let open: Vec<_> = world.pipeline.stages.iter().filter(|stage| stage.kind == StageKind::Open).collect();
    assert_eq!(
        told.stages.iter().map(|stage| stage.stage_id).collect::<Vec<_>>(),
        open.iter().map(|stage| stage.id).collect::<Vec<_>>()
    );
    for stage in &told.stages {
        let of_stage = || records.open().filter(move |deal| deal.stage_id == stage.stage_id);
        assert_eq!(Worth::from(&stage.totals), worth(of_stage()), "{}", stage.code);
        let owners: BTreeSet<Option<UserId>> = of_stage().map(|deal| deal.owner_id).collect();
        assert_eq!(stage.owners.len(), owners.len());
        for owner in &stage.owners {
            let id = owner.owner.as_ref().map(|owner| owner.id);
            assert_eq!(Worth::from(&owner.totals), worth(of_stage().filter(|deal| deal.owner_id == id)));
        }
    }
    for owner in &told.owners {
        let id = owner.owner.as_ref().map(|owner| owner.id);
        assert_eq!(Worth::from(&owner.totals), worth(records.open().filter(|deal| deal.owner_id == id)));
    }
    let today = world.now().with_timezone(&ZONE).date_naive();
    let slips = &told.slippage;
    let passed = records.open().filter(|deal| deal.expected_close_date.is_some_and(|day| day < today));
    assert_eq!(Worth::from(&slips.passed), worth(passed));
    let without = records.open().filter(|deal| deal.expected_close_date.is_none()).count() as u64;
    assert_eq!(slips.without_date, without);
    let is_there = |id| records.deals().any(|deal| deal.id == id);
    let postponed: Vec<_> = world.postponed.iter().filter(|(id, at, _)| is_there(*id) && *at >= slips.from).collect();
    let deals: BTreeSet<_> = postponed.iter().map(|(id, ..)| *id).collect();
    let days: i64 = postponed.iter().map(|(_, _, days)| days).sum();
    assert!(!postponed.is_empty(), "too little happens");
    let expected = (deals.len() as u64, postponed.len() as u64, days as u64);
    assert_eq!((slips.postponed_deals, slips.postponements, slips.postponed_days), expected);
    Ok(())
}

async fn funnel(world: &World, records: &Records, scope: &mut CompanyScope<'_>) -> anyhow::Result<()> {
    let (from, to) = whole();
    for interval in [None, Some(Interval::Month), Some(Interval::Week)] {
        let told = scope.stats().funnel(&FunnelQuery { interval, from, to, ..FunnelQuery::default() }).await?;
        let mut deals = 0;
        for cohort in &told.cohorts {
            let of_cohort = |deal: &Deal| cohort.from <= deal.created_at && deal.created_at < cohort.to;
            let of_cohort: Vec<_> = records.deals.iter().filter(|(deal, _)| of_cohort(deal)).collect();
            assert_eq!(cohort.deals, of_cohort.len() as u64);
            deals += cohort.deals;
            for (place, (told, stage)) in cohort.stages.iter().zip(&world.pipeline.stages).enumerate() {
                assert_eq!(told.stage_id, stage.id);
                let has_been = |entries: &[crm_core::deals::DealStageEntry], place: usize| {
                    entries.iter().any(|entry| entry.stage_id == world.pipeline.stages[place].id)
                };
                let is_later = |other: &usize| *other > place && world.pipeline.stages[*other].kind != StageKind::Lost;
                let entered: Vec<_> = of_cohort.iter().filter(|(_, entries)| has_been(entries, place)).collect();
                let later = |entries: &[crm_core::deals::DealStageEntry]| {
                    (0..world.pipeline.stages.len()).filter(is_later).any(|other| has_been(entries, other))
                };
                let counts = stage.kind != StageKind::Lost;
                let reached = entered.iter().filter(|(_, entries)| counts && later(entries)).count() as u64;
                let dropped = entered
                    .iter()
                    .filter(|(deal, entries)| counts && !later(entries) && deal.status == DealStatus::Lost)
                    .count() as u64;
                let expected = (entered.len() as u64, reached, dropped);
                assert_eq!((told.entered, told.reached_next, told.dropped), expected, "{}", stage.code);
                assert_eq!(told.conversion_rate, rate(reached, expected.0));
                let stays = of_cohort.iter().flat_map(|(_, entries)| entries);
                let stays = stays.filter(|entry| entry.stage_id == stage.id).filter_map(|entry| entry.seconds);
                let days = median(stays.map(|seconds| seconds as f64).collect()).map(|seconds| seconds / 86_400.0);
                assert_eq!(told.median_days, days, "{}", stage.code);
            }
        }
        assert_eq!(deals, records.deals.len() as u64, "each deal is in one cohort");
    }
    Ok(())
}

fn assert_forecast(told: &ForecastNumbers, won: &[&Deal], open: &[&Deal]) {
    let both = |least: i64| {
        let likely = open.iter().filter(move |deal| deal.effective_probability >= least);
        won.iter().chain(likely).copied()
    };
    assert_eq!(Worth::from(&told.closed), worth(won.iter().copied()));
    assert_eq!(Worth::from(&told.committed), worth(both(75)));
    assert_eq!(Worth::from(&told.best_case), worth(both(0)));
    let weights: BTreeMap<String, i64> =
        told.weighted.amounts.iter().map(|money| (money.currency.to_string(), money.amount)).collect();
    assert_eq!(weights, weighted(both(0)));
    let off = told.weighted.base_amount.amount as f64 - weighted_base(both(0));
    assert!(off.abs() <= 1.51, "each of two currencies is rounded once, and what is closed, not {off}");
}

fn of_owner<'d>(deals: &[&'d Deal], owner: Option<UserId>) -> Vec<&'d Deal> {
    deals.iter().copied().filter(|deal| deal.owner_id == owner).collect()
}

async fn forecast(world: &World, records: &Records, scope: &mut CompanyScope<'_>) -> anyhow::Result<()> {
    let query =
        ForecastQuery { from: Some("2026-03".parse()?), to: Some("2026-09".parse()?), ..ForecastQuery::default() };
    let told = scope.stats().forecast(&query).await?;
    assert_eq!((told.as_of, told.months.len()), (world.now(), 7));
    let mut closed = 0;
    for month in &told.months {
        let day = month.month.first_day();
        let is_in = |other: chrono::NaiveDate| (other.year(), other.month()) == (day.year(), day.month());
        let is_won = |deal: &&Deal| {
            let at = deal.closed_at.filter(|_| deal.status == DealStatus::Won);
            at.is_some_and(|at| is_in(at.with_timezone(&ZONE).date_naive()))
        };
        let won: Vec<&Deal> = records.deals().filter(is_won).collect();
        let open: Vec<&Deal> = records.open().filter(|deal| deal.expected_close_date.is_some_and(is_in)).collect();
        assert_forecast(&month.totals, &won, &open);
        closed += month.totals.closed.count;
        let owners: BTreeSet<Option<UserId>> = won.iter().chain(&open).map(|deal| deal.owner_id).collect();
        assert_eq!(month.users.len(), owners.len());
        for user in &month.users {
            let id = user.user.as_ref().map(|user| user.id);
            let (won_of, open_of) = (of_owner(&won, id), of_owner(&open, id));
            assert_forecast(&user.numbers, &won_of, &open_of);
            assert_eq!((user.numbers.quotas.len(), user.numbers.attainment), (0, None));
        }
    }
    assert!(closed > 0, "too little happens");
    Ok(())
}

async fn leaderboard(records: &Records, scope: &mut CompanyScope<'_>) -> anyhow::Result<()> {
    for (from, to) in [whole(), (None, None)] {
        let told = scope.stats().leaderboard(&LeaderboardQuery { from, to, ..LeaderboardQuery::default() }).await?;
        let within = |time: Option<DateTime<Utc>>| time.is_some_and(|time| told.from <= time && time < told.to);
        for row in &told.rows {
            let owner = Some(row.user.id);
            let closed = |status| {
                records
                    .deals()
                    .filter(move |deal| deal.owner_id == owner && deal.status == status && within(deal.closed_at))
            };
            let lost = closed(DealStatus::Lost).count() as u64;
            assert_eq!((Worth::from(&row.won), row.lost), (worth(closed(DealStatus::Won)), lost));
            assert_eq!(row.win_rate, rate(row.won.count, row.won.count + lost));
            let interactions = records.interactions.iter().filter(|one| one.owner_id == owner);
            let interactions = interactions.filter(|one| one.status == InteractionStatus::Completed);
            let interactions = interactions.filter(|one| within(one.completed_at)).count() as u64;
            let tasks = records.tasks.iter().filter(|task| task.assignee_id == owner && within(task.completed_at));
            assert_eq!((row.interactions, row.tasks), (interactions, tasks.count() as u64));
            assert_eq!(row.activities, row.interactions + row.tasks);
        }
        assert!(told.rows.is_sorted_by_key(|row| std::cmp::Reverse((row.won.base_amount.amount, row.won.count))));
        let users: BTreeSet<UserId> = records
            .deals()
            .filter(|deal| deal.status != DealStatus::Open && within(deal.closed_at))
            .filter_map(|deal| deal.owner_id)
            .collect();
        assert!(users.iter().all(|user| told.rows.iter().any(|row| row.user.id == *user)));
    }
    Ok(())
}

/// Numbers that end in a half may be rounded either way, and a database may be off by a millisecond.
fn assert_median(told: Option<i64>, numbers: Vec<f64>, what: &str) {
    let expected = median(numbers);
    assert_eq!(told.is_some(), expected.is_some(), "{what}");
    if let Some((told, expected)) = told.zip(expected) {
        assert!((told as f64 - expected).abs() <= 0.51, "{what}: {told}, not {expected}");
    }
}

fn converted<'l>(leads: impl Iterator<Item = &'l &'l Lead>) -> u64 {
    leads.filter(|lead| lead.conversion.is_some()).count() as u64
}

async fn leads(records: &Records, scope: &mut CompanyScope<'_>) -> anyhow::Result<()> {
    for (from, to) in [whole(), (None, None)] {
        let told = scope.stats().leads(&LeadStatsQuery { from, to, ..LeadStatsQuery::default() }).await?;
        let within = |time: DateTime<Utc>| told.from <= time && time < told.to;
        let added: Vec<&Lead> = records.leads.iter().filter(|lead| within(lead.created_at)).collect();
        assert_eq!((told.added, told.added_converted), (added.len() as u64, converted(added.iter())));
        assert_eq!(told.conversion_rate, rate(told.added_converted, told.added));
        assert_eq!(told.by_status.iter().map(|status| status.count).sum::<u64>(), told.added);
        for status in &told.by_status {
            assert_eq!(status.count, added.iter().filter(|lead| lead.status == status.code).count() as u64);
        }
        assert_eq!(told.by_source.iter().map(|source| source.count).sum::<u64>(), told.added);
        for source in &told.by_source {
            let of_source = || added.iter().filter(move |lead| lead.source == source.source);
            assert_eq!((source.count, source.converted), (of_source().count() as u64, converted(of_source())));
        }
        assert_eq!(told.by_owner.iter().map(|owner| owner.count).sum::<u64>(), told.added);
        for owner in &told.by_owner {
            let id = owner.owner.as_ref().map(|owner| owner.id);
            let of_owner = || added.iter().filter(move |lead| lead.owner_id == id);
            assert_eq!((owner.count, owner.converted), (of_owner().count() as u64, converted(of_owner())));
        }
        let response = |lead: &&&Lead| {
            let with_lead = records.interactions.iter().filter(|one| one.customer_id.0 == lead.id.0);
            let contact = with_lead.filter_map(|one| one.completed_at).min();
            lead.first_responded_at.or(contact).filter(|first| *first >= lead.created_at)
        };
        let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).num_milliseconds() as f64 / 1e3;
        let responses: Vec<f64> =
            added.iter().filter_map(|lead| Some(seconds(lead.created_at, response(&lead)?))).collect();
        assert_eq!(told.responded, responses.len() as u64);
        assert_median(told.median_seconds_to_first_response, responses, "the first response");
        let conversions = records.leads.iter().filter_map(|lead| Some((lead.created_at, lead.conversion.as_ref()?.at)));
        let conversions: Vec<f64> =
            conversions.filter(|(_, at)| within(*at)).map(|(added, at)| seconds(added, at)).collect();
        assert_eq!(told.converted, conversions.len() as u64);
        assert_median(told.median_seconds_to_convert, conversions, "the conversion");
    }
    Ok(())
}

/// The moment at which a task is due, if it is.
fn due(task: &Task) -> Option<DateTime<Utc>> {
    let end = task.due_date.map(|day| {
        let midnight = (day + Days::new(1)).and_hms_opt(0, 0, 0).expect("a midnight");
        ZONE.from_local_datetime(&midnight).earliest().expect("no skipped midnight").to_utc()
            - TimeDelta::microseconds(1)
    });
    task.due_at.or(end)
}

fn assert_tasks(told: &TaskCounts, tasks: &[&Task], within: &dyn Fn(DateTime<Utc>) -> bool) {
    let count = |which: &dyn Fn(&Task) -> bool| tasks.iter().filter(|task| which(task)).count() as u64;
    assert_eq!(told.due, count(&|task| task.status != TaskStatus::Canceled && due(task).is_some_and(within)));
    assert_eq!(told.overdue, count(&|task| task.is_overdue));
    let is_done = |task: &Task| task.completed_at.filter(|at| within(*at));
    assert_eq!(told.completed, count(&|task| is_done(task).is_some()));
    assert_eq!(told.on_time, count(&|task| is_done(task).zip(due(task)).is_some_and(|(done, due)| done <= due)));
    assert_eq!(told.late, count(&|task| is_done(task).zip(due(task)).is_some_and(|(done, due)| done > due)));
    assert_eq!(told.on_time_rate, rate(told.on_time, told.on_time + told.late));
}

async fn tasks(world: &World, records: &Records, scope: &mut CompanyScope<'_>) -> anyhow::Result<()> {
    for (from, to) in [whole(), (None, None)] {
        let told = scope.stats().tasks(&TaskStatsQuery { from, to, ..TaskStatsQuery::default() }).await?;
        assert_eq!(told.as_of, world.now());
        let within = |time: DateTime<Utc>| told.from <= time && time < told.to;
        let all: Vec<&Task> = records.tasks.iter().collect();
        assert_tasks(&told.totals, &all, &within);
        for row in &told.assignees {
            let id = row.assignee.as_ref().map(|assignee| assignee.id);
            let of: Vec<&Task> = records.tasks.iter().filter(|task| task.assignee_id == id).collect();
            assert_tasks(&row.counts, &of, &within);
        }
    }
    Ok(())
}
