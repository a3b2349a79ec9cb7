//! Deals that are too long in their stage: their days, the filter, and the job that tells of them once.

use std::time::Duration;

use crm_core::deals::{Deal, DealMove, DealQuery, MarkRottenDeals, NewDeal};
use crm_core::ids::PipelineId;
use crm_core::jobs::{JobOptions, JobState, NewJob, NewJobSchedule};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::{NewPipeline, NewPipelineStage, Pipeline, PipelinePatch, PipelineQuery};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{add, at_noon, lost, moved, named};
use crate::chance::Chance;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_deal_is_rotten_after_the_days_of_its_stage_or_its_pipeline,
        rotten_deals_are_those_of_a_plain_evaluation,
        a_rotten_deal_is_told_once_for_each_stage_that_it_enters,
        pipelines_bring_the_schedule_with_them_once,
    ]);
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn pipeline(crm: &TestCrm) -> anyhow::Result<Pipeline> {
    crm.admin().deals().board(None, &DealQuery::default()).await?;
    let page = crm.admin().pipelines().list(&PipelineQuery::default(), &PageRequest::default()).await?;
    page.data.into_iter().next().ok_or_else(|| anyhow::anyhow!("no pipeline"))
}

/// So many days in the pipeline, and others in some of its stages.
async fn allow(crm: &TestCrm, days: Option<i64>, stages: &[(&str, i64)]) -> anyhow::Result<PipelineId> {
    let pipeline = pipeline(crm).await?;
    let of = |code: &str| stages.iter().find(|(other, _)| *other == code).map(|(_, days)| *days);
    let stage = |stage| {
        let stage = NewPipelineStage::from(stage);
        let rotten_days = stage.code.as_deref().and_then(of);
        NewPipelineStage { rotten_days, ..stage }
    };
    let patch = PipelinePatch {
        rotten_days: days.into(),
        stages: Patch::Set(pipeline.stages.iter().map(stage).collect()),
        ..PipelinePatch::default()
    };
    Ok(crm.admin().pipelines().update(pipeline.id, patch, None).await?.id)
}

async fn read(crm: &TestCrm, deal: &Deal) -> crm_core::Result<(i64, bool)> {
    let deal = crm.admin().deals().get(deal.id).await?;
    Ok((deal.days_in_stage, deal.is_rotten))
}

async fn listed(crm: &TestCrm, is_rotten: Option<bool>) -> crm_core::Result<Vec<Deal>> {
    let query = DealQuery { is_rotten, ..DealQuery::default() };
    let mut deals = crm.admin().deals().list(&query, &PageRequest::default().limit(100)).await?.data;
    deals.sort_by_key(|deal| deal.id.0);
    Ok(deals)
}

async fn a_deal_is_rotten_after_the_days_of_its_stage_or_its_pipeline(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    // A part of a second makes no difference.
    clock.advance(Duration::from_millis(700));
    let deal = named(&crm, &customer, "200 units").await?;
    assert_eq!((deal.days_in_stage, deal.is_rotten), (0, false));
    allow(&crm, Some(5), &[("qualification", 2)]).await?;
    clock.advance(2 * DAY - Duration::from_secs(1));
    assert_eq!(read(&crm, &deal).await?, (1, false));
    clock.advance(Duration::from_millis(400));
    assert_eq!(read(&crm, &deal).await?, (2, true));
    let patch = serde_json::from_value(json!({ "nextStep": "Call" }))?;
    let changed = crm.admin().deals().update(deal.id, patch, None).await?;
    assert!(changed.is_rotten, "another field makes no difference");
    // The next stage has the days of the pipeline.
    let in_next = moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!((in_next.days_in_stage, in_next.is_rotten), (0, false));
    clock.advance(4 * DAY);
    assert_eq!(read(&crm, &deal).await?, (4, false));
    clock.advance(DAY);
    assert_eq!(read(&crm, &deal).await?, (5, true));
    // Without any, no deal is too long anywhere; closed deals never are.
    allow(&crm, None, &[("closed_won", 1)]).await?;
    assert_eq!(read(&crm, &deal).await?, (5, false));
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    clock.advance(9 * DAY);
    assert_eq!(read(&crm, &deal).await?, (9, false));
    assert!(listed(&crm, Some(true)).await?.is_empty());
    Ok(())
}

async fn rotten_deals_are_those_of_a_plain_evaluation(database: TestDatabase) -> anyhow::Result<()> {
    const STAGES: [&str; 5] = ["qualification", "needs_analysis", "proposal", "negotiation", "closed_won"];
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut chance = Chance::new(Chance::seed());
    for number in 0..40 {
        clock.advance(Duration::from_micros(chance.below(86_400_000_000) as u64));
        let deal = named(&crm, &customer, &format!("Deal {number}")).await?;
        let stage = chance.one(&STAGES);
        if stage != "qualification" {
            moved(&crm, deal.id, DealMove::to(stage)).await?;
        }
    }
    let mut rotten = 0;
    for _ in 0..20 {
        let days = |chance: &mut Chance| chance.below(60) as i64 + 1;
        let (own, others) = (days(&mut chance), (chance.below(2) == 0).then(|| days(&mut chance)));
        allow(&crm, others, &[("qualification", own), ("closed_won", 1)]).await?;
        clock.advance(Duration::from_micros(chance.below(86_400_000_000) as u64));
        let now = crm_core::clock::Clock::now(&clock);
        let all = listed(&crm, None).await?;
        let pipeline = pipeline(&crm).await?;
        for deal in &all {
            let stage = pipeline.stages.iter().find(|stage| stage.id == deal.stage_id).expect("the stage");
            let age = now.timestamp().saturating_sub(deal.stage_entered_at.timestamp()) / 86_400;
            let most = stage.rotten_days.or(others).filter(|_| stage.code != "closed_won");
            assert_eq!((deal.days_in_stage, deal.is_rotten), (age, most.is_some_and(|most| age >= most)));
        }
        let (are, are_not): (Vec<Deal>, Vec<Deal>) = all.into_iter().partition(|deal| deal.is_rotten);
        rotten += are.len();
        let board = DealQuery { is_rotten: Some(true), ..DealQuery::default() };
        let board = crm.admin().deals().board(None, &board).await?;
        assert_eq!(board.stages.iter().map(|stage| stage.count).sum::<u64>(), are.len() as u64);
        assert_eq!(listed(&crm, Some(true)).await?, are);
        assert_eq!(listed(&crm, Some(false)).await?, are_not);
    }
    assert!(rotten > 0, "some were rotten");
    Ok(())
}

/// Runs the job, and gives how many deals it has told of.
async fn mark(crm: &TestCrm) -> anyhow::Result<i64> {
    let job = crm.admin().jobs().enqueue(NewJob::new(MarkRottenDeals::KIND, json!(null))).await?;
    crm.crm.run_job(&crm.db, crm.company, job.id, &JobOptions::default()).await?;
    let job = crm.admin().jobs().get(job.id).await?;
    assert_eq!(job.state, JobState::Done);
    job.result.and_then(|result| result["deals"].as_i64()).ok_or_else(|| anyhow::anyhow!("no result"))
}

/// The names of the deals that events tell of as rotten.
async fn told(crm: &TestCrm, deals: &[&Deal]) -> anyhow::Result<Vec<String>> {
    let feed = crm.admin().events().after(None, 1_000).await?;
    let events = feed.events.iter().map(|(_, event)| event).filter(|event| event.event_type == "crm.deal.rotten");
    let name = |subject: uuid::Uuid| deals.iter().find(|deal| deal.id.0 == subject).map(|deal| deal.name.clone());
    events
        .map(|event| {
            assert!(event.data.changed_fields.is_empty());
            name(event.subject).ok_or_else(|| anyhow::anyhow!("an event of another deal"))
        })
        .collect()
}

async fn a_rotten_deal_is_told_once_for_each_stage_that_it_enters(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut deals = Vec::new();
    for name in ["a", "b", "c", "d"] {
        deals.push(named(&crm, &customer, name).await?);
    }
    let [a, b, c, d] = &deals[..] else { anyhow::bail!("four deals") };
    let of = [a, b, c, d];
    allow(&crm, Some(3), &[]).await?;
    clock.advance(3 * DAY);
    moved(&crm, b.id, DealMove::to("proposal")).await?;
    moved(&crm, c.id, lost("price")).await?;
    crm.admin().deals().delete(d.id, None).await?;
    let before = crm.admin().deals().get(a.id).await?;
    assert_eq!((mark(&crm).await?, told(&crm, &of).await?), (1, vec!["a".to_owned()]));
    assert_eq!((mark(&crm).await?, told(&crm, &of).await?.len()), (0, 1), "it is told once");
    let after = crm.admin().deals().get(a.id).await?;
    assert_eq!((after.version, after.updated_at), (before.version, before.updated_at), "the deal has not changed");
    let history = crm.admin().deals().stages(a.id, &PageRequest::default()).await?;
    assert_eq!(history.data.len(), 1);
    // More days tell nothing twice, and what comes back from the trash is told.
    allow(&crm, Some(4), &[]).await?;
    crm.admin().deals().restore(d.id).await?;
    clock.advance(DAY);
    assert_eq!((mark(&crm).await?, told(&crm, &of).await?), (1, vec!["a".to_owned(), "d".to_owned()]));
    // In another stage it can be told again, and so when it comes back to the same one.
    moved(&crm, a.id, DealMove::to("proposal")).await?;
    moved(&crm, a.id, DealMove::to("qualification")).await?;
    moved(&crm, c.id, DealMove::to("proposal")).await?;
    assert_eq!(mark(&crm).await?, 0);
    clock.advance(4 * DAY);
    assert_eq!(mark(&crm).await?, 3);
    let mut all = told(&crm, &of).await?;
    all.sort();
    assert_eq!(all, ["a", "a", "b", "c", "d"]);
    Ok(())
}

async fn pipelines_bring_the_schedule_with_them_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    allow(&crm, None, &[("closed_won", 3)]).await?;
    assert!(crm.admin().jobs().schedules().await?.is_empty(), "nothing can be too long in a closed stage");
    allow(&crm, Some(3), &[]).await?;
    let schedules = crm.admin().jobs().schedules().await?;
    let [schedule] = &schedules[..] else { anyhow::bail!("one schedule, not {schedules:?}") };
    let told = (schedule.name.as_str(), schedule.kind.as_str(), schedule.is_enabled);
    assert_eq!(told, (MarkRottenDeals::SCHEDULE, MarkRottenDeals::KIND, true));
    assert_eq!(schedule.next_run_at, Some("2026-06-02T05:00:00Z".parse()?));
    // One that is switched off stays so.
    let off =
        NewJobSchedule { is_enabled: false, ..NewJobSchedule::new(&schedule.name, &schedule.cron, &schedule.kind) };
    crm.admin().jobs().schedule(off).await?;
    allow(&crm, None, &[]).await?;
    allow(&crm, Some(4), &[]).await?;
    let renewals = NewPipeline { rotten_days: Some(9), ..NewPipeline::named("Renewals") };
    crm.admin().pipelines().create(renewals).await?;
    let schedules = crm.admin().jobs().schedules().await?;
    assert_eq!(schedules.iter().map(|schedule| schedule.is_enabled).collect::<Vec<_>>(), [false]);
    // A schedule of the host's for the same kind takes its place.
    let other = crm.other_company();
    let own = NewJobSchedule::new("Mornings", "0 8 * * MON-FRI", MarkRottenDeals::KIND);
    other.admin().jobs().schedule(own).await?;
    allow(&other, Some(3), &[]).await?;
    assert_eq!(other.admin().jobs().schedules().await?.len(), 1);
    let customer = other.named("Lee & Co").await?;
    add(&other, &customer, NewDeal::named("200 units")).await?;
    clock.advance(3 * DAY);
    assert_eq!((mark(&crm).await?, mark(&other).await?), (0, 1), "each company has its own");
    Ok(())
}
