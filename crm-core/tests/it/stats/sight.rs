//! The visibility of numbers.

use crm_core::Error;
use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::ids::UserId;
use crm_core::interactions::{Completion, InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use crm_core::stats::{DashboardQuery, PerformanceQuery};
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Crm};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use super::world::World;
use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        private_notes_count_for_nobody,
        users_who_see_their_own_records_see_the_numbers_of_those,
        who_may_not_read_something_sees_none_of_it,
        statistics_need_the_right_to_read_customers,
        another_companys_records_do_not_count,
        a_dashboard_of_an_owner_counts_what_is_theirs,
        a_dashboard_of_ones_own_needs_a_user,
    ]);
}

/// All that statistics say, but for when.
async fn everything(scope: &mut CompanyScope<'_>, customer: crm_core::ids::CustomerId) -> crm_core::Result<Value> {
    Ok(json!([
        scope.stats().overall().await?,
        scope.stats().dashboard(&DashboardQuery::default()).await?,
        scope.stats().performance(&PerformanceQuery::default()).await?,
        scope.stats().activity(customer, None).await?,
    ]))
}

async fn private_notes_count_for_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().clock(FixedClock::default()));
    for role in Role::ALL {
        crm.ensure_mirrored(*role).await?;
    }
    let customer = crm.named("Lee & Co").await?.id;
    crm.admin().notes(customer).create(NewNote::text("For all")).await?;
    let mut without = Vec::new();
    for role in Role::ALL {
        without.push(everything(&mut crm.scope(*role), customer).await?);
    }
    let note = crm.scope(Role::SalesRep).notes(customer).create(NewNote::text("Mine").private()).await?;
    crm.scope(Role::SalesRep).notes(customer).create(NewNote::text("Mine, too").private()).await?;
    crm.scope(Role::SalesRep).notes(customer).delete(note.id, None).await?;
    for (role, without) in Role::ALL.iter().zip(&without) {
        assert_eq!(everything(&mut crm.scope(*role), customer).await?, *without, "{role}");
    }
    Ok(())
}

async fn users_who_see_their_own_records_see_the_numbers_of_those(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database, Chance::seed() + 1).await?;
    world.live(160).await?;
    let own = [Resource::Customers, Resource::Interactions, Resource::Notes]
        .map(|resource| Permission::own(resource, Action::Read));
    let rights = own.into_iter().chain([Permission::all(Resource::Tags, Action::Read)]);
    let actor = world.crm.actor(Role::SalesRep).with_permissions(rights);
    let mut narrow = world.crm.crm.on(actor, &world.crm.db);
    let (seen, all) = (world.records(&mut narrow).await?, world.records(&mut world.crm.admin()).await?);
    assert!(!seen.interactions.is_empty() && seen.interactions.len() < all.interactions.len());
    let overall = narrow.stats().overall().await?;
    assert_eq!(overall.customers.total, seen.customers.len() as u64);
    assert_eq!(overall.interactions.total, seen.interactions.len() as u64);
    assert_eq!(overall.notes.total, seen.notes.len() as u64);
    assert_eq!(overall.tags.in_use, seen.tags.iter().filter(|tag| tag.usage_count > 0).count() as u64);
    let never = seen.customers.iter().filter(|customer| seen.contacts(customer.id).is_empty()).count();
    assert_eq!(overall.customers.contact.never, never as u64);
    let dashboard = narrow.stats().dashboard(&DashboardQuery::default()).await?;
    let overdue = seen.due().iter().filter(|(at, _)| *at < world.now()).count();
    assert_eq!(dashboard.follow_ups.overdue_count, overdue as u64);
    for customer in &all.customers {
        let activity = narrow.stats().activity(customer.id, None).await;
        if !seen.customers.iter().any(|one| one.id == customer.id) {
            assert_matches!(activity, Err(Error::NotFound { .. }));
            continue;
        }
        let (activity, contacts) = (activity?, seen.contacts(customer.id));
        assert_eq!(activity.interactions.total, seen.of(customer.id).count() as u64);
        assert_eq!(activity.last_contact_at, contacts.last().copied());
        assert_eq!(activity.next_contact_at, seen.next_contact(customer.id));
    }
    Ok(())
}

async fn who_may_not_read_something_sees_none_of_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut admin = crm.admin();
    let call = NewInteraction { owner_id: Patch::Clear, ..NewInteraction::of(InteractionType::Call, "Hello") };
    admin.interactions(customer).create(call).await?;
    admin.notes(customer).create(NewNote::text("For all")).await?;
    admin.customer_tags(customer).add(["vip"]).await?;
    let rights = [Permission::all(Resource::Customers, Action::Read)];
    let mut narrow = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
    let overall = narrow.stats().overall().await?;
    let others = [overall.interactions.total, overall.notes.total, overall.tags.total, overall.tags.in_use];
    assert_eq!((overall.customers.total, others), (1, [0; 4]));
    assert_eq!(overall.customers.contact.never, 1);
    let dashboard = narrow.stats().dashboard(&DashboardQuery::default()).await?;
    assert_eq!((dashboard.totals.interactions_completed.current, dashboard.top_tags.len()), (0, 0));
    assert_eq!(dashboard.latest_activity.len(), 1, "the customer was added");
    let activity = narrow.stats().activity(customer, None).await?;
    assert_eq!((activity.interactions.total, activity.notes, activity.last_contact_at), (0, 0, None));
    Ok(())
}

async fn statistics_need_the_right_to_read_customers(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let rights = [Permission::all(Resource::Interactions, Action::Read)];
    let mut nobody = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
    assert_matches!(nobody.stats().overall().await, Err(Error::Forbidden { resource: Resource::Customers, .. }));
    assert_matches!(everything(&mut nobody, customer).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn another_companys_records_do_not_count(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().clock(FixedClock::default()));
    let other = crm.other_company();
    let (here, there) = (crm.named("Lee & Co").await?.id, other.named("Lee & Co").await?.id);
    let before = everything(&mut crm.admin(), here).await?;
    let planned = NewInteraction::of(InteractionType::Call, "Hello").planned(FixedClock::default_time());
    let call = other.admin().interactions(there).create(planned).await?;
    other.admin().interactions(there).complete(call.id, Completion::default(), None).await?;
    other.admin().notes(there).create(NewNote::text("For all")).await?;
    other.admin().customer_tags(there).add(["vip"]).await?;
    other.create(NewCustomer::person("Ann", "Lee")).await?;
    assert_eq!(everything(&mut crm.admin(), here).await?, before);
    assert_matches!(crm.admin().stats().activity(there, None).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_dashboard_of_an_owner_counts_what_is_theirs(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database, Chance::seed() + 2).await?;
    world.live(200).await?;
    let all = world.records(&mut world.crm.admin()).await?;
    let mut shares = [0; 3];
    for owner in ["me", "none", &world.crm.user(Role::Manager).to_string(), &uuid::Uuid::now_v7().to_string()] {
        let owner: OwnerFilter = owner.parse()?;
        let id = owner.resolved(Some(world.crm.user(Role::SalesRep)))?;
        let is_theirs = |of: Option<UserId>| match id {
            OwnerFilter::User(id) => of == Some(id),
            _ => of.is_none(),
        };
        let query = DashboardQuery { owner: Some(owner), ..DashboardQuery::default() };
        let dashboard = world.crm.scope(Role::SalesRep).stats().dashboard(&query).await?;
        let added = all.customers.iter().filter(|one| is_theirs(one.owner_id) && one.created_at >= dashboard.from);
        let planned = all.interactions.iter().filter(|one| is_theirs(one.owner_id));
        let planned =
            planned.filter(|one| one.scheduled_at.is_some_and(|at| at >= dashboard.from && at < dashboard.to));
        let due: Vec<_> = all.due().into_iter().filter(|(_, one)| is_theirs(one.owner_id)).collect();
        let overdue = due.iter().filter(|(at, _)| *at < world.now()).count();
        let week = world.now() + chrono::TimeDelta::days(7);
        let coming = due.iter().filter(|(at, _)| *at >= world.now() && *at < week).count();
        let (totals, due) = (dashboard.totals, &dashboard.follow_ups);
        let told = [totals.new_customers.current, totals.interactions_planned.current, due.overdue_count];
        let expected = [added.count() as u64, planned.count() as u64, overdue as u64];
        assert_eq!((told, due.coming_count), (expected, coming as u64), "{owner:?}");
        assert!(dashboard.follow_ups.overdue.iter().all(|due| is_theirs(due.owner.as_ref().map(|owner| owner.id))));
        for (share, told) in shares.iter_mut().zip(told) {
            *share += told;
        }
    }
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
    Ok(())
}

async fn a_dashboard_of_ones_own_needs_a_user(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut system = crm.crm.on(crm_core::actor::Actor::system(crm.company), &crm.db);
    let query = DashboardQuery { owner: Some(OwnerFilter::Me), ..DashboardQuery::default() };
    assert_matches!(
        system.stats().dashboard(&query).await,
        Err(Error::Malformed(malformed)) if malformed.code == "parameter_invalid"
    );
    Ok(())
}
