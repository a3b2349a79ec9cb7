//! Deals follow their customer: to the trash and back, out of the company, into another customer, and in the timeline.

use crm_core::actor::Role;
use crm_core::customers::{MergeCustomers, UnmergeCustomers};
use crm_core::deals::{DealMove, DealQuery};
use crm_core::page::PageRequest;
use crm_core::timeline::{TimelineKind, TimelineQuery};
use crm_core::{Conflict, Error, Result};
use testkit::{Suite, TestDatabase};

use super::{lost, moved, named};
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        deals_follow_their_customer_to_the_trash_and_back,
        a_deal_in_the_trash_is_not_written,
        deals_are_gone_with_a_purged_customer,
        a_merge_moves_deals_and_its_undo_moves_them_back,
        the_timeline_shows_deals_in_their_stages,
    ]);
}

async fn names(crm: &TestCrm, trashed: bool) -> Result<Vec<String>> {
    let query = DealQuery { trashed, ..DealQuery::default() };
    let page = crm.admin().deals().list(&query, &PageRequest::default().limit(100)).await?;
    Ok(page.data.into_iter().map(|deal| deal.name).collect())
}

async fn deals_follow_their_customer_to_the_trash_and_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let (deal, thrown) = (named(&crm, &customer, "Kept").await?, named(&crm, &customer, "Thrown").await?);
    crm.admin().deals().delete(thrown.id, None).await?;
    assert_eq!((names(&crm, false).await?, names(&crm, true).await?), (vec!["Kept".into()], vec!["Thrown".into()]));
    crm.admin().customers().delete(customer.id, None).await?;
    assert_matches!(crm.admin().deals().get(deal.id).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().deals().restore(deal.id).await, Err(Error::NotFound { .. }));
    assert!(names(&crm, false).await?.is_empty() && names(&crm, true).await?.is_empty(), "it is the customer's now");
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    assert!(board.stages.iter().all(|stage| stage.count == 0));
    crm.admin().customers().restore(customer.id).await?;
    assert_eq!((names(&crm, false).await?, names(&crm, true).await?), (vec!["Kept".into()], vec!["Thrown".into()]));
    let restored = crm.admin().deals().restore(thrown.id).await?;
    assert_eq!((restored.version, restored.position.clone()), (3, thrown.position));
    assert_matches!(crm.admin().deals().restore(thrown.id).await, Err(Error::Conflict(Conflict::NotInTrash)));
    Ok(())
}

async fn a_deal_in_the_trash_is_not_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "Thrown").await?;
    crm.admin().deals().delete(deal.id, Some(1)).await?;
    let before = crm.records().await?;
    assert_matches!(moved(&crm, deal.id, DealMove::to("proposal")).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().deals().delete(deal.id, None).await, Err(Error::NotFound { .. }));
    let stages = crm.admin().deals().stages(deal.id, &PageRequest::default()).await;
    assert_matches!(stages, Err(Error::NotFound { .. }));
    assert_eq!(crm.records().await?, before);
    let trash = DealQuery { trashed: true, ..DealQuery::default() };
    let refused = crm.scope(Role::SalesRep).deals().list(&trash, &PageRequest::default()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn deals_are_gone_with_a_purged_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let deal = named(&crm, &customer, "Quokka").await?;
    moved(&crm, deal.id, DealMove::to("proposal")).await?;
    crm.admin().customers().purge(customer.id, None).await?;
    assert_matches!(crm.admin().deals().get(deal.id).await, Err(Error::NotFound { .. }));
    assert_eq!([crm.count("crm_deals").await?, crm.count("crm_deal_stage_history").await?], [0, 0]);
    assert!(!crm.dump("crm_changes").await?.contains("Quokka"), "history keeps nothing of it");
    Ok(())
}

async fn a_merge_moves_deals_and_its_undo_moves_them_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (crm.named("Ann").await?, crm.named("Other").await?);
    let deal = named(&crm, &other, "200 units").await?;
    let outcome = crm.admin().customers().merge(MergeCustomers::new(ann.id, [other.id])).await?;
    let with_ann = crm.admin().deals().get(deal.id).await?;
    assert_eq!((with_ann.customer_id, with_ann.customer_name.as_str(), with_ann.version), (ann.id, "Ann", 1));
    let id = outcome.id.expect("the id of a merge");
    crm.admin().customers().undo_merge(id, UnmergeCustomers::default()).await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    Ok(())
}

async fn the_timeline_shows_deals_in_their_stages(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let (first, second) = (named(&crm, &customer, "First").await?, named(&crm, &customer, "Second").await?);
    let gone = moved(&crm, first.id, lost("price")).await?;
    let query = TimelineQuery { kind: vec![TimelineKind::Deal], ..TimelineQuery::default() };
    let page = crm.admin().customers().timeline(customer.id, &query, &PageRequest::default()).await?;
    let told: Vec<_> = page.data.iter().map(|entry| (entry.action.as_str(), entry.deal.clone())).collect();
    assert_eq!(told, [("lost", Some(gone.clone())), ("open", Some(second))]);
    assert_eq!((page.data[0].at, page.data[0].title.as_deref()), (gone.stage_entered_at, Some("First")));
    crm.admin().deals().delete(first.id, None).await?;
    let page = crm.admin().customers().timeline(customer.id, &query, &PageRequest::default()).await?;
    assert_eq!(page.data.len(), 1);
    Ok(())
}
