//! The rules of pipelines and their stages.

use crm_core::actor::Role;
use crm_core::deals::{DealItem, DealMove, DealQuery, NewDeal, NewDealItems};
use crm_core::decimal::Quantity;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::{
    NewPipeline, NewPipelineStage, Pipeline, PipelinePatch, PipelineQuery, PipelineStage, RequiredField, StageKind,
};
use crm_core::{Conflict, Error, Result};
use serde_json::json;
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{add, lost, money, moved, named};
use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_company_gets_the_usual_pipeline_once,
        a_company_has_one_default,
        stages_keep_code_and_kind,
        stages_are_replaced_as_a_whole,
        what_has_deals_is_not_deleted_but_archived,
        what_is_archived_takes_no_deals,
        a_stage_requires_fields_of_the_deals_that_enter_it,
        every_field_can_be_required,
        a_role_does_what_it_may,
        another_company_has_pipelines_of_its_own,
    ]);
}

async fn all(crm: &TestCrm) -> Result<Vec<Pipeline>> {
    let request = PageRequest::default().limit(100);
    Ok(crm.admin().pipelines().list(&PipelineQuery::default(), &request).await?.data)
}

fn codes(pipeline: &Pipeline) -> Vec<&str> {
    pipeline.stages.iter().map(|stage| stage.code.as_str()).collect()
}

fn stages(stages: Vec<NewPipelineStage>) -> PipelinePatch {
    PipelinePatch { stages: Patch::Set(stages), ..PipelinePatch::default() }
}

/// The input that leaves these stages as they are.
fn same(stages: &[PipelineStage]) -> Vec<NewPipelineStage> {
    stages.iter().map(NewPipelineStage::from).collect()
}

async fn update(crm: &TestCrm, pipeline: &Pipeline, patch: PipelinePatch) -> Result<Pipeline> {
    crm.admin().pipelines().update(pipeline.id, patch, None).await
}

async fn a_company_gets_the_usual_pipeline_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    assert!(all(&crm).await?.is_empty());
    let mut users = JoinSet::new();
    for number in 0..8 {
        let (mut scope, id) = (crm.admin(), customer.id);
        users.spawn(async move {
            match number % 2 {
                0 => scope.deals().create(id, NewDeal::named("First")).await.map(drop),
                _ => scope.deals().board(None, &DealQuery::default()).await.map(drop),
            }
        });
    }
    for outcome in users.join_all().await {
        outcome?;
    }
    let pipelines = all(&crm).await?;
    assert_eq!(pipelines.len(), 1);
    let usual = &pipelines[0];
    assert!(usual.is_default && usual.version == 1);
    let told: Vec<(&str, StageKind, i64)> =
        usual.stages.iter().map(|stage| (stage.code.as_str(), stage.kind, stage.probability)).collect();
    use StageKind::{Lost, Open, Won};
    let expected = [
        ("qualification", Open, 10),
        ("needs_analysis", Open, 25),
        ("proposal", Open, 50),
        ("negotiation", Open, 75),
        ("closed_won", Won, 100),
        ("closed_lost", Lost, 0),
    ];
    assert_eq!(told, expected);
    assert_eq!(crm.count("crm_pipeline_stages").await?, 6);
    Ok(())
}

async fn a_company_has_one_default(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    let first = admin.pipelines().create(NewPipeline::named("Sales")).await?;
    assert!(first.is_default, "the first one is");
    let second = NewPipeline { is_default: Some(true), ..NewPipeline::named("Renewals") };
    let second = admin.pipelines().create(second).await?;
    let first = admin.pipelines().get(first.id).await?;
    assert_eq!((first.is_default, first.version, second.is_default), (false, 2, true));
    let becomes = |is_default| PipelinePatch { is_default: Patch::Set(is_default), ..PipelinePatch::default() };
    let none = update(&crm, &second, becomes(false)).await;
    assert_matches!(none, Err(Error::Conflict(Conflict::DefaultPipeline)));
    let gone = admin.pipelines().delete(second.id, None).await;
    assert_matches!(gone, Err(Error::Conflict(Conflict::DefaultPipeline)));
    let archived = PipelinePatch { is_archived: Patch::Set(true), ..PipelinePatch::default() };
    assert_eq!(violation(update(&crm, &second, archived.clone()).await, "/isArchived"), "unexpected");
    assert!(update(&crm, &first, becomes(true)).await?.is_default);
    assert!(!admin.pipelines().get(second.id).await?.is_default);
    assert!(update(&crm, &second, archived).await?.is_archived);
    admin.pipelines().delete(second.id, None).await?;
    // Without others, even the default can go.
    admin.pipelines().delete(first.id, None).await?;
    assert!(all(&crm).await?.is_empty());
    Ok(())
}

async fn stages_keep_code_and_kind(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = vec![
        NewPipelineStage::open("Needs Analysis", 30),
        NewPipelineStage::of(StageKind::Won, "Won"),
        NewPipelineStage::of(StageKind::Lost, "Lost"),
    ];
    let new = NewPipeline { stages: Some(new), ..NewPipeline::named("Sales") };
    let pipeline = crm.admin().pipelines().create(new).await?;
    assert_eq!(codes(&pipeline), ["needs_analysis", "won", "lost"]);
    let probabilities: Vec<i64> = pipeline.stages.iter().map(|stage| stage.probability).collect();
    assert_eq!(probabilities, [30, 100, 0]);
    let mut changed = same(&pipeline.stages);
    changed[0].name = Some("Talks".to_owned());
    changed[0].probability = Some(35);
    changed[0].color = Some("#1F77B4".to_owned());
    let renamed = update(&crm, &pipeline, stages(changed)).await?;
    assert_eq!((renamed.stages[0].name.as_str(), codes(&renamed)), ("Talks", codes(&pipeline)));
    assert_eq!((renamed.stages[0].probability, renamed.stages[0].color.as_deref()), (35, Some("#1f77b4")));
    assert_eq!(crm.admin().pipelines().get(pipeline.id).await?, renamed);
    let mut changed = same(&pipeline.stages);
    changed[0].code = Some("talks".to_owned());
    changed[1].kind = Some(StageKind::Open);
    changed[2].probability = Some(5);
    let refused = violations(update(&crm, &pipeline, stages(changed)).await);
    let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let expected = [
        at("/stages/0/code", "immutable"),
        at("/stages/1/kind", "immutable"),
        at("/stages/2/probability", "out_of_range"),
    ];
    assert_eq!(refused, expected);
    let closed = vec![NewPipelineStage::of(StageKind::Won, "Won")];
    assert_eq!(violation(update(&crm, &pipeline, stages(closed)).await, "/stages"), "required");
    Ok(())
}

async fn stages_are_replaced_as_a_whole(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let pipeline = crm.admin().pipelines().create(NewPipeline::named("Sales")).await?;
    let before = crm.records().await?;
    assert_eq!(update(&crm, &pipeline, stages(same(&pipeline.stages))).await?, pipeline);
    assert_eq!(crm.records().await?, before, "the same stages are no change");
    let mut changed = same(&pipeline.stages);
    let gone = changed.remove(1);
    changed.swap(0, 1);
    // A new stage may have the code of one that goes.
    let new = NewPipelineStage { code: gone.code, ..NewPipelineStage::open("Second talk", 40) };
    changed.insert(2, new);
    let after = update(&crm, &pipeline, stages(changed)).await?;
    let expected = ["proposal", "qualification", "needs_analysis", "negotiation", "closed_won", "closed_lost"];
    assert_eq!(codes(&after), expected);
    assert_ne!(after.stages[2].id, pipeline.stages[1].id);
    assert_eq!(crm.admin().pipelines().get(pipeline.id).await?, after);
    assert_eq!(crm.records().await?, before.map(|count| count + 1), "one record of all");
    Ok(())
}

async fn what_has_deals_is_not_deleted_but_archived(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    let pipeline = crm.admin().pipelines().get(deal.pipeline_id).await?;
    let without_first = || same(&pipeline.stages[1..]);
    let in_use = update(&crm, &pipeline, stages(without_first())).await;
    assert_matches!(in_use, Err(Error::Conflict(Conflict::StageInUse)));
    let in_use = crm.admin().pipelines().delete(pipeline.id, None).await;
    assert_matches!(in_use, Err(Error::Conflict(Conflict::PipelineInUse)));
    // What is in the trash may come back.
    crm.admin().deals().delete(deal.id, None).await?;
    let in_use = update(&crm, &pipeline, stages(without_first())).await;
    assert_matches!(in_use, Err(Error::Conflict(Conflict::StageInUse)));
    crm.admin().deals().restore(deal.id).await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    let after = update(&crm, &pipeline, stages(without_first())).await?;
    assert_eq!(after.stages.len(), 5);
    let passed = crm.admin().deals().stages(deal.id, &PageRequest::default()).await?.data;
    assert_eq!(passed[0].from_stage_name.as_deref(), Some("Qualification"), "history has names of its own");
    Ok(())
}

async fn what_is_archived_takes_no_deals(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    let pipeline = crm.admin().pipelines().get(deal.pipeline_id).await?;
    let mut changed = same(&pipeline.stages);
    (changed[0].is_archived, changed[2].is_archived) = (Some(true), Some(true));
    update(&crm, &pipeline, stages(changed)).await?;
    assert_eq!(violation(moved(&crm, deal.id, DealMove::to("proposal")).await, "/stage"), "stage_unknown");
    let second = named(&crm, &customer, "More").await?;
    assert_eq!(second.stage_id, pipeline.stages[1].id, "the first open stage that takes deals");
    let old = NewPipeline { is_archived: Some(true), ..NewPipeline::named("Old") };
    let old = crm.admin().pipelines().create(old).await?;
    let new = NewDeal { pipeline_id: Some(old.id), ..NewDeal::named("Late") };
    assert_eq!(violation(add(&crm, &customer, new).await, "/pipelineId"), "pipeline_unknown");
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    let shown: Vec<&str> = board.stages.iter().map(|stage| stage.stage.code.as_str()).collect();
    let expected = ["qualification", "needs_analysis", "negotiation", "closed_won", "closed_lost"];
    assert_eq!(shown, expected, "an archived stage is shown as long as it has deals");
    Ok(())
}

async fn a_role_does_what_it_may(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let pipeline = crm.admin().pipelines().create(NewPipeline::named("Sales")).await?;
    for role in Role::ALL.iter().copied() {
        let mut scope = crm.scope(role);
        let may = matches!(role, Role::Admin | Role::Manager);
        scope.pipelines().get(pipeline.id).await?;
        let new = NewPipeline::named(format!("Of {role}"));
        let created = scope.pipelines().create(new).await;
        assert_eq!(created.is_ok(), may, "{role}: {created:?}");
        let description = Patch::Set(format!("By {role}"));
        let patch = PipelinePatch { description, ..PipelinePatch::default() };
        assert_eq!(scope.pipelines().update(pipeline.id, patch, None).await.is_ok(), may, "{role}");
        if let Ok(created) = created {
            scope.pipelines().delete(created.id, None).await?;
        }
    }
    Ok(())
}

async fn another_company_has_pipelines_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer_name) = (TestCrm::new(&database), "Lee & Co");
    let other = crm.other_company();
    let theirs = other.admin().pipelines().create(NewPipeline::named("Sales")).await?;
    crm.admin().pipelines().create(NewPipeline::named("sales")).await?;
    assert_matches!(crm.admin().pipelines().get(theirs.id).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().pipelines().delete(theirs.id, None).await, Err(Error::NotFound { .. }));
    let customer = crm.named(customer_name).await?;
    let new = NewDeal { pipeline_id: Some(theirs.id), ..NewDeal::named("x") };
    assert_eq!(violation(add(&crm, &customer, new).await, "/pipelineId"), "pipeline_unknown");
    let new = NewDeal { stage_id: Some(theirs.stages[0].id), ..NewDeal::named("x") };
    assert_eq!(violation(add(&crm, &customer, new).await, "/stageId"), "stage_unknown");
    let deal = named(&crm, &customer, "Ours").await?;
    let to = DealMove::to(theirs.stages[1].id);
    assert_eq!(violation(moved(&crm, deal.id, to).await, "/stage"), "stage_unknown");
    let board = crm.admin().deals().board(Some(theirs.id), &DealQuery::default()).await;
    assert_matches!(board, Err(Error::NotFound { .. }));
    Ok(())
}

/// Makes a stage of the default pipeline require these fields.
async fn require(crm: &TestCrm, code: &str, fields: &[RequiredField]) -> anyhow::Result<Pipeline> {
    crm.admin().deals().board(None, &DealQuery::default()).await?;
    let pipeline = all(crm).await?.remove(0);
    let mut changed = same(&pipeline.stages);
    let stage = changed.iter_mut().find(|stage| stage.code.as_deref() == Some(code)).expect("the stage");
    stage.required_fields = Some(fields.to_vec());
    Ok(update(crm, &pipeline, stages(changed)).await?)
}

fn missing(pointers: &[&str]) -> Vec<(String, String)> {
    pointers.iter().map(|pointer| ((*pointer).to_owned(), "required_by_stage".to_owned())).collect()
}

async fn a_stage_requires_fields_of_the_deals_that_enter_it(database: TestDatabase) -> anyhow::Result<()> {
    use RequiredField::{Amount, Competitor, ExpectedCloseDate};
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let pipeline = require(&crm, "proposal", &[ExpectedCloseDate, Amount, Amount]).await?;
    assert_eq!(pipeline.stages[2].required_fields, [Amount, ExpectedCloseDate]);
    assert_eq!(crm.admin().pipelines().get(pipeline.id).await?, pipeline);
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    let stages: Vec<PipelineStage> = board.stages.into_iter().map(|stage| stage.stage).collect();
    assert_eq!(stages, pipeline.stages);
    let deal = named(&crm, &customer, "200 units").await?;
    let patch = async |patch: serde_json::Value| {
        crm.admin().deals().update(deal.id, serde_json::from_value(patch).expect("a patch"), None).await
    };
    let enter = async || moved(&crm, deal.id, DealMove::to("proposal")).await;
    assert_eq!(violations(enter().await), missing(&["/amount", "/expectedCloseDate"]));
    patch(json!({ "amount": { "amount": 0, "currency": "EUR" } })).await?;
    assert_eq!(violations(enter().await), missing(&["/expectedCloseDate"]));
    patch(json!({ "expectedCloseDate": "2026-12-18" })).await?;
    enter().await?;
    // In the stage they can be cleared, until the deal enters it again.
    patch(json!({ "amount": null })).await?;
    enter().await?;
    moved(&crm, deal.id, DealMove::to("negotiation")).await?;
    assert_eq!(violations(enter().await), missing(&["/amount"]));
    // A new deal enters its stage as well.
    let at = NewDeal { stage_id: Some(pipeline.stages[2].id), ..NewDeal::named("x") };
    assert_eq!(violations(add(&crm, &customer, at.clone()).await), missing(&["/amount", "/expectedCloseDate"]));
    let whole = NewDeal { amount: money(1, "EUR"), expected_close_date: "2026-12-18".parse().ok(), ..at };
    add(&crm, &customer, whole).await?;
    // What is said with the move counts, and all faults are told at once.
    require(&crm, "closed_lost", &[Competitor]).await?;
    let mut expected = missing(&["/competitor"]);
    expected.insert(0, ("/lostReason".to_owned(), "required".to_owned()));
    assert_eq!(violations(moved(&crm, deal.id, DealMove::to("closed_lost")).await), expected);
    let said = DealMove { competitor: Some("Smith & Sons".to_owned()), ..lost("price") };
    moved(&crm, deal.id, said).await?;
    Ok(())
}

async fn every_field_can_be_required(database: TestDatabase) -> anyhow::Result<()> {
    const NAMES: [&str; 14] = [
        "amount",
        "items",
        "contacts",
        "recurringAmount",
        "expectedCloseDate",
        "competitor",
        "source",
        "type",
        "nextStep",
        "nextStepAt",
        "description",
        "quoteRef",
        "orderRef",
        "ownerId",
    ];
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let fields: Vec<RequiredField> = serde_json::from_value(json!(NAMES))?;
    let pipeline = require(&crm, "proposal", &fields).await?;
    assert_eq!(json!(pipeline.stages[2].required_fields), json!(NAMES));
    let deal = add(&crm, &customer, NewDeal { owner_id: Patch::Clear, ..NewDeal::named("200 units") }).await?;
    let pointers = NAMES.map(|name| format!("/{name}"));
    let refused = violations(moved(&crm, deal.id, DealMove::to("proposal")).await);
    assert_eq!(refused, missing(&pointers.each_ref().map(String::as_str)));
    let price = money(100, "EUR").expect("an amount");
    let items = NewDealItems::of(vec![DealItem::of("Bolt", Quantity::ONE, price)]);
    crm.admin().deals().replace_items(deal.id, items, None).await?;
    let patch = json!({
        "amount": { "amount": 100, "currency": "EUR" },
        "contacts": [{ "customerId": customer.id, "role": "champion" }],
        "recurringAmount": { "amount": 5, "currency": "EUR" },
        "recurringInterval": "month",
        "expectedCloseDate": "2026-12-18",
        "competitor": "Smith & Sons",
        "source": "referral",
        "type": "renewal",
        "nextStep": "Call",
        "nextStepAt": "2026-12-04T09:00:00Z",
        "description": "Two parts",
        "quoteRef": { "system": "erp", "id": "Q-1" },
        "orderRef": { "system": "erp", "id": "O-1" },
        "ownerId": crm.user(Role::Admin),
    });
    crm.admin().deals().update(deal.id, serde_json::from_value(patch)?, None).await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    Ok(())
}
