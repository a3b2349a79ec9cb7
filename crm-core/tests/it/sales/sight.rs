//! The visibility of the numbers of sales.

use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::stats::{
    ForecastQuery, FunnelQuery, LeadStatsQuery, LeaderboardQuery, PipelineStatsQuery, TaskStatsQuery,
};
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Error, Result};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::model::{Worth, worth};
use super::world::World;
use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        users_who_see_their_own_records_see_the_numbers_of_those,
        another_companys_records_do_not_count,
        a_company_without_a_pipeline_has_an_empty_one,
    ]);
}

/// All that statistics of sales say.
async fn everything(scope: &mut CompanyScope<'_>) -> Result<Value> {
    Ok(json!([
        scope.stats().leads(&LeadStatsQuery::default()).await?,
        scope.stats().funnel(&FunnelQuery::default()).await?,
        scope.stats().pipeline(&PipelineStatsQuery::default()).await?,
        scope.stats().forecast(&ForecastQuery::default()).await?,
        scope.stats().leaderboard(&LeaderboardQuery::default()).await?,
        scope.stats().tasks(&TaskStatsQuery::default()).await?,
    ]))
}

async fn users_who_see_their_own_records_see_the_numbers_of_those(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database, Chance::seed() + 8).await?;
    world.live(160).await?;
    let resources = [Resource::Customers, Resource::Leads, Resource::Deals, Resource::Tasks, Resource::Interactions];
    let own = resources.map(|resource| Permission::own(resource, Action::Read));
    let actor = world.crm.actor(Role::SalesRep).with_permissions(own);
    let mut narrow = world.crm.crm.on(actor, &world.crm.db);
    let (seen, all) = (world.records(&mut narrow).await?, world.records(&mut world.crm.admin()).await?);
    assert!(!seen.deals.is_empty() && seen.deals.len() < all.deals.len());
    assert!(!seen.tasks.is_empty() && seen.tasks.len() < all.tasks.len());
    let pipeline = narrow.stats().pipeline(&PipelineStatsQuery::default()).await?;
    assert_eq!(Worth::from(&pipeline.totals), worth(seen.open()));
    let funnel = narrow.stats().funnel(&FunnelQuery::default()).await?;
    let cohort = &funnel.cohorts[0];
    let added = seen.deals().filter(|deal| cohort.from <= deal.created_at && deal.created_at < cohort.to);
    assert_eq!(cohort.deals, added.count() as u64);
    let tasks = narrow.stats().tasks(&TaskStatsQuery::default()).await?;
    assert_eq!(tasks.totals.overdue, seen.tasks.iter().filter(|task| task.is_overdue).count() as u64);
    let leads = narrow.stats().leads(&LeadStatsQuery::default()).await?;
    let added = seen.leads.iter().filter(|lead| leads.from <= lead.created_at && lead.created_at < leads.to);
    assert_eq!(leads.added, added.count() as u64);
    // An owner's numbers are those of their records.
    let rep = world.crm.user(Role::SalesRep);
    let query = PipelineStatsQuery { owner: Some(OwnerFilter::User(rep)), ..PipelineStatsQuery::default() };
    let of_rep = world.crm.admin().stats().pipeline(&query).await?;
    assert_eq!(Worth::from(&of_rep.totals), worth(all.open().filter(|deal| deal.owner_id == Some(rep))));
    let assignee = Some(OwnerFilter::None);
    let unassigned = world.crm.admin().stats().tasks(&TaskStatsQuery { assignee, ..TaskStatsQuery::default() }).await?;
    let expected = all.tasks.iter().filter(|task| task.assignee_id.is_none() && task.is_overdue).count();
    assert_eq!(unassigned.totals.overdue, expected as u64);
    Ok(())
}

async fn another_companys_records_do_not_count(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database, Chance::seed() + 9).await?;
    world.live(60).await?;
    let before = everything(&mut world.crm.admin()).await?;
    let other = World::new(&database, Chance::seed() + 10).await?;
    let foreign = PipelineStatsQuery { pipeline: Some(other.pipeline.id), ..PipelineStatsQuery::default() };
    assert_matches!(world.crm.admin().stats().pipeline(&foreign).await, Err(Error::NotFound { .. }));
    let foreign = FunnelQuery { pipeline: Some(other.pipeline.id), ..FunnelQuery::default() };
    assert_matches!(world.crm.admin().stats().funnel(&foreign).await, Err(Error::NotFound { .. }));
    let mut other = other;
    other.live(60).await?;
    assert_eq!(everything(&mut world.crm.admin()).await?, before);
    Ok(())
}

async fn a_company_without_a_pipeline_has_an_empty_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let pipeline = crm.admin().stats().pipeline(&PipelineStatsQuery::default()).await?;
    assert_eq!((pipeline.pipeline_id, pipeline.totals.count, pipeline.stages.len()), (None, 0, 0));
    let funnel = crm.admin().stats().funnel(&FunnelQuery::default()).await?;
    assert_eq!((funnel.pipeline_id, funnel.cohorts.len(), funnel.cohorts[0].deals), (None, 1, 0));
    let forbidden = crm.actor(Role::Viewer).with_permissions([]);
    let mut forbidden = crm.crm.on(forbidden, &crm.db);
    assert_matches!(forbidden.stats().pipeline(&PipelineStatsQuery::default()).await, Err(Error::Forbidden { .. }));
    Ok(())
}
