//! Moving deals: stages with their history, and places on the board, also at the same time.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use crm_core::actor::Role;
use crm_core::customers::Customer;
use crm_core::deals::{Deal, DealMove, DealQuery, DealSort, DealStageEntry, DealStatus, NewDeal};
use crm_core::ids::DealId;
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::pipelines::{NewPipeline, NewPipelineStage, StageKind};
use crm_core::{CompanyScope, Error, Result};
use testkit::{FixedClock, Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{add, at_noon, lost, money, moved, named};
use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        every_stage_is_kept_with_its_times,
        a_deal_is_closed_when_it_is_won_or_lost,
        a_deal_moves_to_another_pipeline,
        a_deal_is_put_where_it_is_said,
        places_are_those_of_a_plain_list,
        moves_at_the_same_time_end_in_one_order,
        a_deal_comes_back_from_the_trash_to_its_place,
        a_move_is_recorded_once,
    ]);
}

async fn passed(scope: &mut CompanyScope<'_>, deal: DealId) -> Result<Vec<DealStageEntry>> {
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = scope.deals().stages(deal, &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data)
}

/// The names of the deals of a stage, in the order of the board.
async fn order(crm: &TestCrm, code: &str) -> Result<Vec<String>> {
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    let stage = board.stages.into_iter().find(|stage| stage.stage.code == code).expect("a stage");
    Ok(stage.deals.into_iter().map(|deal| deal.name).collect())
}

async fn every_stage_is_kept_with_its_times(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let noon = FixedClock::default_time();
    let customer = crm.named("Lee & Co").await?;
    let deal = add(&crm, &customer, NewDeal { amount: money(100, "EUR"), ..NewDeal::named("200 units") }).await?;
    clock.advance(Duration::from_secs(90));
    let patch = serde_json::from_value(serde_json::json!({ "amount": { "amount": 300, "currency": "EUR" } }))?;
    crm.admin().deals().update(deal.id, patch, None).await?;
    clock.advance(Duration::from_secs(30));
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    clock.advance(Duration::from_secs(86_400));
    // To another place in its stage, which is no other stage.
    let other = named(&crm, &customer, "Other").await?;
    moved(&crm, other.id, DealMove::to("proposal")).await?;
    moved(&crm, deal.id, DealMove::default().before(other.id)).await?;
    moved(&crm, deal.id, lost("price")).await?;
    let entries = passed(&mut crm.admin(), deal.id).await?;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry.from_stage_name.as_deref(), entry.stage_name.as_str(), entry.seconds, entry.amount))
        .collect();
    let expected = [
        (Some("Proposal"), "Closed lost", None, money(300, "EUR")),
        (Some("Qualification"), "Proposal", Some(86_400), money(300, "EUR")),
        (None, "Qualification", Some(120), money(100, "EUR")),
    ];
    assert_eq!(told, expected);
    let close = |one: Option<chrono::DateTime<chrono::Utc>>, seconds: i64| {
        // A write is at least a microsecond after the one before.
        one.is_some_and(|one| (one - (noon + TimeDelta::seconds(seconds))).abs() < TimeDelta::milliseconds(1))
    };
    assert!(close(Some(entries[2].entered_at), 0) && close(entries[2].left_at, 120));
    assert_eq!((entries[1].left_at, entries[0].left_at), (Some(entries[0].entered_at), None));
    assert_eq!(entries[2].left_at, Some(entries[1].entered_at));
    assert_eq!(entries[0].moved_by.id, Some(crm.user(Role::Manager)));
    assert_eq!(entries[2].moved_by.id, Some(crm.user(Role::Admin)));
    // It comes in pages.
    let request = PageRequest::default().limit(2);
    let first = crm.admin().deals().stages(deal.id, &request).await?;
    let cursor = first.next_cursor.expect("another page");
    let second = crm.admin().deals().stages(deal.id, &PageRequest::after(cursor).limit(2)).await?;
    assert_eq!([first.data, second.data].concat(), entries);
    Ok(())
}

async fn a_deal_is_closed_when_it_is_won_or_lost(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    assert_eq!((deal.status, deal.closed_at), (DealStatus::Open, None));
    clock.advance(Duration::from_secs(60));
    let won = moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!((won.status, won.closed_at), (DealStatus::Won, Some(won.stage_entered_at)));
    clock.advance(Duration::from_secs(60));
    let lost = moved(&crm, deal.id, lost("timing")).await?;
    assert_eq!((lost.status, lost.closed_at), (DealStatus::Lost, Some(lost.stage_entered_at)));
    assert!(lost.closed_at > won.closed_at);
    let open = moved(&crm, deal.id, DealMove::to("qualification")).await?;
    assert_eq!((open.status, open.closed_at), (DealStatus::Open, None));
    assert_eq!(crm.admin().deals().get(deal.id).await?, open);
    Ok(())
}

async fn a_deal_moves_to_another_pipeline(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    let stages = vec![NewPipelineStage::open("Due", 80), NewPipelineStage::of(StageKind::Won, "Renewed")];
    let renewals = NewPipeline { stages: Some(stages), ..NewPipeline::named("Renewals") };
    let renewals = crm.admin().pipelines().create(renewals).await?;
    let there = DealMove { pipeline_id: Some(renewals.id), ..DealMove::default() };
    let moved_there = moved(&crm, deal.id, there.clone()).await?;
    assert_eq!((moved_there.pipeline_id, moved_there.stage_name.as_str()), (renewals.id, "Due"));
    assert_eq!(moved_there.effective_probability, 80);
    // There is no such stage here.
    assert_eq!(violation(moved(&crm, deal.id, DealMove::to("proposal")).await, "/stage"), "stage_unknown");
    let renewed = moved(&crm, deal.id, DealMove::to("Renewed")).await?;
    assert_eq!(renewed.status, DealStatus::Won);
    assert_eq!(moved(&crm, deal.id, there).await?, renewed, "it is there already");
    Ok(())
}

async fn a_deal_is_put_where_it_is_said(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let (a, b, c) =
        (named(&crm, &customer, "a").await?, named(&crm, &customer, "b").await?, named(&crm, &customer, "c").await?);
    assert_eq!(order(&crm, "qualification").await?, ["c", "b", "a"], "new ones are on top");
    moved(&crm, c.id, DealMove::default().after(a.id)).await?;
    assert_eq!(order(&crm, "qualification").await?, ["b", "a", "c"]);
    moved(&crm, c.id, DealMove::default().before(a.id)).await?;
    assert_eq!(order(&crm, "qualification").await?, ["b", "c", "a"]);
    let same = moved(&crm, c.id, DealMove::default().after(b.id)).await?;
    assert_eq!(same.version, 3, "where it is, it stays");
    moved(&crm, a.id, DealMove::to("proposal")).await?;
    moved(&crm, b.id, DealMove::to("proposal").after(a.id)).await?;
    moved(&crm, c.id, DealMove::to("proposal").before(b.id)).await?;
    assert_eq!(order(&crm, "proposal").await?, ["a", "c", "b"]);
    let d = named(&crm, &customer, "d").await?;
    let wrong = moved(&crm, d.id, DealMove::default().after(a.id)).await;
    assert_eq!(violation(wrong, "/afterId"), "deal_unknown");
    let wrong = moved(&crm, d.id, DealMove::default().before(DealId(uuid::Uuid::new_v4()))).await;
    assert_eq!(violation(wrong, "/beforeId"), "deal_unknown");
    assert_eq!(moved(&crm, d.id, DealMove::default()).await?, d, "nothing is said");
    let stale = crm.admin().deals().move_to(a.id, DealMove::to("negotiation"), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { .. }));
    Ok(())
}

/// Random moves, done with a plain list as well.
async fn places_are_those_of_a_plain_list(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut chance = Chance::new(7);
    let mut list: Vec<(DealId, String)> = Vec::new();
    for number in 0..8 {
        let deal = named(&crm, &customer, &format!("Deal {number}")).await?;
        list.insert(0, (deal.id, deal.name));
    }
    for _ in 0..40 {
        let (from, to) = (chance.below(list.len()), chance.below(list.len()));
        if from == to {
            continue;
        }
        let (one, neighbour) = (list[from].clone(), list[to].clone());
        list.remove(from);
        let place = list.iter().position(|(id, _)| *id == neighbour.0).expect("a neighbour");
        let (way, place) = match chance.below(2) {
            0 => (DealMove::default().after(neighbour.0), place + 1),
            _ => (DealMove::default().before(neighbour.0), place),
        };
        list.insert(place, one.clone());
        moved(&crm, one.0, way).await?;
        let names: Vec<&str> = list.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(order(&crm, "qualification").await?, names);
    }
    Ok(())
}

async fn all(crm: &TestCrm) -> Result<Vec<Deal>> {
    let query = DealQuery { sort: "name".parse::<DealSort>().expect("a sort"), ..DealQuery::default() };
    Ok(crm.admin().deals().list(&query, &PageRequest::default().limit(100)).await?.data)
}

async fn many(crm: &TestCrm, customer: &Customer, count: usize) -> Result<Vec<DealId>> {
    let mut deals = Vec::new();
    for number in 0..count {
        deals.push(named(crm, customer, &format!("Deal {number:02}")).await?.id);
    }
    Ok(deals)
}

async fn moves_at_the_same_time_end_in_one_order(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deals = many(&crm, &customer, 6).await?;
    let mut users = JoinSet::new();
    // All behind the same one, and one more that is added meanwhile.
    for deal in &deals[1..] {
        let (mut scope, deal, first) = (crm.admin(), *deal, deals[0]);
        users.spawn(async move { scope.deals().move_to(deal, DealMove::default().after(first), None).await.map(drop) });
    }
    let (mut scope, id) = (crm.admin(), customer.id);
    users.spawn(async move { scope.deals().create(id, NewDeal::named("New")).await.map(drop) });
    for outcome in users.join_all().await {
        outcome?;
    }
    let deals = all(&crm).await?;
    let positions: BTreeSet<&str> = deals.iter().map(|deal| deal.position.as_str()).collect();
    assert_eq!(positions.len(), 7, "each has a place of its own: {positions:?}");
    let shown = order(&crm, "qualification").await?;
    assert_eq!(shown, order(&crm.other_process(), "qualification").await?, "everybody sees the same order");
    assert_eq!((shown[0].as_str(), shown[1].as_str()), ("New", "Deal 00"));
    Ok(())
}

async fn a_deal_comes_back_from_the_trash_to_its_place(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deals = many(&crm, &customer, 3).await?;
    crm.admin().deals().delete(deals[1], None).await?;
    assert_eq!(order(&crm, "qualification").await?, ["Deal 02", "Deal 00"]);
    // What is put between the others takes no place that is taken.
    let new = named(&crm, &customer, "New").await?;
    moved(&crm, new.id, DealMove::default().after(deals[2])).await?;
    crm.admin().deals().restore(deals[1]).await?;
    let shown = order(&crm, "qualification").await?;
    assert_eq!(shown, ["Deal 02", "New", "Deal 01", "Deal 00"]);
    Ok(())
}

async fn a_move_is_recorded_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    // An owner would be told of the move, by an event of their own.
    let deal = add(&crm, &customer, NewDeal { owner_id: Patch::Clear, ..NewDeal::named("200 units") }).await?;
    let before = crm.records().await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!(crm.records().await?, before.map(|count| count + 1));
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!(crm.records().await?, before.map(|count| count + 1), "it is there already");
    let feed = crm.admin().events().after(None, 1_000).await?;
    let ours: Vec<_> = feed.events.iter().map(|(_, event)| event).filter(|event| event.subject == deal.id.0).collect();
    let told: Vec<&str> = ours.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(told, ["crm.deal.created", "crm.deal.updated"]);
    assert_eq!(ours[1].data.customer_id, Some(customer.id));
    assert!(ours[1].data.changed_fields.contains(&"stageId".to_owned()), "{:?}", ours[1].data.changed_fields);
    Ok(())
}
