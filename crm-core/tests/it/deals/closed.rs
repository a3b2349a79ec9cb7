//! Winning and losing: the events, and the host that makes an order of a deal.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use crm_core::customers::ExternalRef;
use crm_core::deals::{ClosedDeal, ClosedDealHandler, Deal, DealMove, DealRefs, DealStatus, NewDeal, TellClosedDeal};
use crm_core::jobs::{Job, JobError, JobOptions, JobOutcome, JobQuery, JobState};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Crm};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use super::{add, lost, moved, named};
use crate::support::{TestCrm, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        winning_and_losing_are_events,
        a_deal_that_begins_closed_is_told_as_well,
        a_host_makes_an_order_of_a_deal,
        a_host_is_called_again_with_the_same_key,
        what_a_host_gives_up_can_be_retried,
        a_deal_that_is_open_again_is_no_order,
        what_was_made_is_written_whatever_happens_meanwhile,
        without_a_handler_there_are_no_jobs,
    ]);
}

/// An ERP, which makes one order of each key.
#[derive(Clone, Default)]
struct Erp {
    /// What it was told: the outcome, the deal's name and the customer's.
    told: Arc<Mutex<Vec<String>>>,
    orders: Arc<Mutex<Vec<String>>>,
    /// So many calls fail.
    failures: Arc<Mutex<Vec<JobError>>>,
    /// Whether it puts the deal into the trash meanwhile.
    deletes: bool,
}

impl Erp {
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    fn fail(&self, errors: impl IntoIterator<Item = JobError>) {
        self.failures.lock().unwrap().extend(errors);
    }

    async fn hear(&self, what: &str, scope: &mut CompanyScope<'_>, closed: &ClosedDeal) -> Result<(), JobError> {
        let customer = scope.customers().get(closed.deal.customer_id).await?;
        self.told.lock().unwrap().push(format!("{what} {} of {}", closed.deal.name, customer.name));
        self.failures.lock().unwrap().pop().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl ClosedDealHandler for Erp {
    async fn won(&self, scope: &mut CompanyScope<'_>, closed: &ClosedDeal) -> Result<DealRefs, JobError> {
        let number = {
            let (mut orders, key) = (self.orders.lock().unwrap(), closed.key.to_string());
            if !orders.contains(&key) {
                orders.push(key.clone());
            }
            orders.iter().position(|order| *order == key).unwrap_or_default() + 1
        };
        self.hear("won", scope, closed).await?;
        if self.deletes {
            scope.deals().delete(closed.deal.id, None).await?;
        }
        let invoice_refs = vec![ExternalRef::new("erp", format!("I-{number}"))];
        Ok(DealRefs { invoice_refs, ..DealRefs::order("erp", format!("O-{number}")) })
    }

    async fn lost(&self, scope: &mut CompanyScope<'_>, closed: &ClosedDeal) -> Result<(), JobError> {
        self.hear("lost", scope, closed).await
    }
}

fn with(database: &TestDatabase, erp: &Erp) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone()).closed_deal_handler(erp.clone())), clock)
}

/// The jobs that tell, the first one first.
async fn jobs(crm: &TestCrm) -> crm_core::Result<Vec<Job>> {
    let query = JobQuery { kind: Some(TellClosedDeal::KIND.to_owned()), ..JobQuery::default() };
    let mut jobs = crm.admin().jobs().list(&query, &PageRequest::default()).await?.data;
    jobs.sort_by_key(|job| (job.created_at, job.id.0));
    Ok(jobs)
}

/// Runs those that may run now, in their order, and says what became of them.
async fn run(crm: &TestCrm) -> crm_core::Result<Vec<JobOutcome>> {
    let mut outcomes = Vec::new();
    for job in jobs(crm).await? {
        outcomes.extend(crm.crm.run_job(&crm.db, crm.company, job.id, &JobOptions::default()).await?);
    }
    Ok(outcomes)
}

async fn read(crm: &TestCrm, deal: &Deal) -> crm_core::Result<Deal> {
    crm.admin().deals().get(deal.id).await
}

/// What events tell of a deal.
async fn events(crm: &TestCrm, deal: &Deal) -> anyhow::Result<Vec<String>> {
    let feed = crm.admin().events().after(None, 1_000).await?;
    let ours = feed.events.iter().map(|(_, event)| event).filter(|event| event.subject == deal.id.0);
    Ok(ours.map(|event| event.event_type.replace("crm.deal.", "")).collect())
}

fn refs(deal: &Deal) -> (Option<&str>, Vec<&str>) {
    let invoices = deal.invoice_refs.iter().map(|invoice| invoice.id.as_str()).collect();
    (deal.order_ref.as_ref().map(|order| order.id.as_str()), invoices)
}

async fn winning_and_losing_are_events(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    // An owner would be told of the moves, by events of their own.
    let deal = add(&crm, &customer, NewDeal { owner_id: Patch::Clear, ..NewDeal::named("200 units") }).await?;
    let before = crm.records().await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(crm.records().await?, before.map(|count| count + 1), "it is one write");
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    moved(&crm, deal.id, lost("price")).await?;
    let patch = serde_json::from_value(json!({ "lostReason": "timing" }))?;
    crm.admin().deals().update(deal.id, patch, None).await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    let told = events(&crm, &deal).await?;
    assert_eq!(told, ["created", "won", "updated", "lost", "updated", "won"]);
    let feed = crm.admin().events().after(None, 1_000).await?;
    let won = feed.events.iter().map(|(_, event)| event).find(|event| event.event_type == "crm.deal.won");
    let won = won.ok_or_else(|| anyhow::anyhow!("it was won"))?;
    assert_eq!((won.data.customer_id, won.data.version), (Some(customer.id), 2));
    assert!(
        ["stageId", "status", "closedAt"].iter().all(|field| won.data.changed_fields.contains(&(*field).to_owned()))
    );
    Ok(())
}

async fn a_deal_that_begins_closed_is_told_as_well(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp::default();
    let (crm, _) = with(&database, &erp);
    let customer = crm.named("Lee & Co").await?;
    let board = crm.admin().deals().board(None, &Default::default()).await?;
    let stage = |code: &str| board.stages.iter().find(|stage| stage.stage.code == code).map(|stage| stage.stage.id);
    let new = NewDeal { stage_id: stage("closed_won"), ..NewDeal::named("Won before") };
    let won = add(&crm, &customer, new).await?;
    let new = NewDeal {
        stage_id: stage("closed_lost"),
        lost_reason: Some("price".to_owned()),
        ..NewDeal::named("Lost before")
    };
    let lost = add(&crm, &customer, new).await?;
    assert_eq!(events(&crm, &won).await?, ["created", "won"]);
    assert_eq!(events(&crm, &lost).await?, ["created", "lost"]);
    assert_eq!(run(&crm).await?, [JobOutcome::Done, JobOutcome::Done]);
    let mut told = erp.told();
    told.sort();
    assert_eq!(told, ["lost Lost before of Lee & Co", "won Won before of Lee & Co"]);
    Ok(())
}

async fn a_host_makes_an_order_of_a_deal(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp::default();
    let (crm, _) = with(&database, &erp);
    let customer = crm.named("Lee & Co").await?;
    let own = ExternalRef::new("erp", "I-1");
    let new = NewDeal { invoice_refs: Some(vec![ExternalRef::new("old", "7"), own]), ..NewDeal::named("200 units") };
    let deal = add(&crm, &customer, new).await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert!(jobs(&crm).await?.is_empty(), "an open deal is not told");
    let refused = moved(&crm, deal.id, DealMove::to("closed_lost")).await;
    assert_eq!(violation(refused, "/lostReason"), "required");
    let won = moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(refs(&won), (None, vec!["7", "I-1"]), "the host is told after the commit");
    assert_eq!(run(&crm).await?, [JobOutcome::Done]);
    let after = read(&crm, &deal).await?;
    assert_eq!(refs(&after), (Some("O-1"), vec!["7", "I-1"]), "no invoice is there twice");
    assert_eq!((after.version, after.status), (won.version + 1, DealStatus::Won));
    assert_eq!(events(&crm, &deal).await?.last().map(String::as_str), Some("updated"));
    assert_eq!(erp.told(), ["won 200 units of Lee & Co"]);
    let job = jobs(&crm).await?.remove(0);
    assert_eq!((job.state, job.record), (JobState::Done, Some(format!("deal:{}", deal.id))));
    // Within the won stage, and with other fields, it is won as it was.
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    let patch = serde_json::from_value(json!({ "nextStep": "Call" }))?;
    crm.admin().deals().update(deal.id, patch, None).await?;
    assert_eq!(jobs(&crm).await?.len(), 1);
    Ok(())
}

async fn a_host_is_called_again_with_the_same_key(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp::default();
    let (crm, clock) = with(&database, &erp);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    erp.fail([JobError::retry("erp_unavailable"), JobError::retry("erp_unavailable")]);
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    for expected in [JobOutcome::Retried, JobOutcome::Retried, JobOutcome::Done] {
        assert_eq!(run(&crm).await?, [expected]);
        clock.advance(Duration::from_secs(60 * 60));
    }
    assert_eq!((erp.told().len(), erp.orders.lock().unwrap().len()), (3, 1), "three calls, one order");
    assert_eq!(refs(&read(&crm, &deal).await?), (Some("O-1"), vec!["I-1"]));
    assert!(run(&crm).await?.is_empty(), "it has ended");
    Ok(())
}

async fn what_a_host_gives_up_can_be_retried(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp::default();
    let (crm, _) = with(&database, &erp);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    erp.fail([JobError::give_up("customer_unknown_there")]);
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(run(&crm).await?, [JobOutcome::Failed]);
    let job = jobs(&crm).await?.remove(0);
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Failed, Some("customer_unknown_there")));
    assert_eq!(refs(&read(&crm, &deal).await?), (None, vec![]));
    crm.admin().jobs().retry(job.id).await?;
    assert_eq!(run(&crm).await?, [JobOutcome::Done]);
    assert_eq!(refs(&read(&crm, &deal).await?).0, Some("O-1"));
    Ok(())
}

async fn a_deal_that_is_open_again_is_no_order(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp::default();
    let (crm, clock) = with(&database, &erp);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!(run(&crm).await?, [JobOutcome::Done]);
    assert_eq!(jobs(&crm).await?[0].result, Some(json!({ "told": false })));
    // Only its last end counts, and each end has a key of its own.
    for to in [DealMove::to("closed_won"), DealMove::to("proposal"), lost("price"), DealMove::to("closed_won")] {
        clock.advance(Duration::from_secs(1));
        moved(&crm, deal.id, to).await?;
    }
    assert_eq!(run(&crm).await?, [JobOutcome::Done; 3]);
    assert_eq!(erp.told(), ["won 200 units of Lee & Co"]);
    clock.advance(Duration::from_secs(1));
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(run(&crm).await?, [JobOutcome::Done]);
    assert_eq!(refs(&read(&crm, &deal).await?), (Some("O-2"), vec!["I-1", "I-2"]));
    // What is in the trash is left out.
    let other = named(&crm, &customer, "Thrown away").await?;
    moved(&crm, other.id, DealMove::to("closed_won")).await?;
    crm.admin().deals().delete(other.id, None).await?;
    erp.told();
    assert_eq!((run(&crm).await?, erp.told()), (vec![JobOutcome::Done], vec![]));
    Ok(())
}

async fn what_was_made_is_written_whatever_happens_meanwhile(database: TestDatabase) -> anyhow::Result<()> {
    let erp = Erp { deletes: true, ..Erp::default() };
    let (crm, _) = with(&database, &erp);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(run(&crm).await?, [JobOutcome::Done]);
    let back = crm.admin().deals().restore(deal.id).await?;
    assert_eq!(refs(&back), (Some("O-1"), vec!["I-1"]), "in the trash it has its order as well");
    let result = jobs(&crm).await?.remove(0).result.ok_or_else(|| anyhow::anyhow!("no result"))?;
    assert_eq!(result["orderRef"], json!({ "system": "erp", "id": "O-1" }));
    Ok(())
}

async fn without_a_handler_there_are_no_jobs(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "200 units").await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(crm.count("crm_jobs").await?, 0);
    Ok(())
}
