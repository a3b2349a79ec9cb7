//! Who sees what was done.

use crm_core::activity::{ActivityEntry, ActivityQuery};
use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::audit::AuditQuery;
use crm_core::customers::CustomerPatch;
use crm_core::deals::NewDeal;
use crm_core::notes::NewNote;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Crm, Error, Kind, Result};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        it_says_who_did_what_newest_first,
        it_comes_in_pages_and_is_filtered,
        users_see_their_own_and_what_they_may_read,
        a_private_note_is_its_authors_alone,
    ]);
}

fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

async fn all(scope: &mut CompanyScope<'_>, query: &ActivityQuery) -> Result<Vec<ActivityEntry>> {
    Ok(scope.activity().list(query, &PageRequest::default().limit(100)).await?.data)
}

/// As `created customer`.
fn told(entries: &[ActivityEntry]) -> Vec<String> {
    entries.iter().map(|entry| format!("{} {}", entry.action, entry.kind)).collect()
}

async fn it_says_who_did_what_newest_first(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    clock.advance(std::time::Duration::from_secs(60));
    let patch = CustomerPatch { job_title: Patch::Set("Buyer".to_owned()), ..CustomerPatch::default() };
    crm.scope(Role::Manager).customers().update(customer.id, patch, None).await?;
    let refused = crm.scope(Role::Viewer).customers().delete(customer.id, None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    crm.admin().audit().list(AuditQuery::default(), &PageRequest::default()).await?;
    let entries = all(&mut crm.admin(), &ActivityQuery::default()).await?;
    assert_eq!(told(&entries), ["updated customer", "created customer"], "no refusals, and no reads");
    assert_eq!(entries[0].fields, ["jobTitle"]);
    assert_eq!(entries[0].user.as_ref().and_then(|user| user.display_name.as_deref()), Some("The manager"));
    assert_eq!((entries[0].record_id, entries[0].at), (Some(customer.id.0), clock_now(&clock)));
    assert!(all(&mut crm.other_company().admin(), &ActivityQuery::default()).await?.is_empty());
    Ok(())
}

fn clock_now(clock: &FixedClock) -> chrono::DateTime<chrono::Utc> {
    crm_core::clock::Clock::now(clock)
}

async fn it_comes_in_pages_and_is_filtered(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    for name in ["One", "Two", "Three"] {
        clock.advance(std::time::Duration::from_secs(60));
        crm.scope(Role::Manager).deals().create(customer.id, NewDeal::named(name)).await?;
    }
    let deals = ActivityQuery { kind: Some(Kind::Deal), ..ActivityQuery::default() };
    let (mut request, mut ids) = (PageRequest::default().limit(2), Vec::new());
    loop {
        let page = crm.admin().activity().list(&deals, &request).await?;
        ids.extend(page.data.iter().map(|entry| entry.id));
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(2),
            None => break,
        }
    }
    assert_eq!(ids, all(&mut crm.admin(), &deals).await?.iter().map(|entry| entry.id).collect::<Vec<_>>());
    assert_eq!(ids.len(), 3);
    let of_admin = ActivityQuery { user: Some(crm.user(Role::Admin)), ..ActivityQuery::default() };
    assert_eq!(told(&all(&mut crm.admin(), &of_admin).await?), ["created customer"]);
    let last = ActivityQuery { from: Some(clock_now(&clock)), ..deals.clone() };
    assert_eq!(all(&mut crm.admin(), &last).await?.len(), 1);
    let earlier = ActivityQuery { to: Some(clock_now(&clock)), ..deals };
    assert_eq!(all(&mut crm.admin(), &earlier).await?.len(), 2);
    let record = ActivityQuery { record: Some(customer.id.0), ..ActivityQuery::default() };
    assert_eq!(told(&all(&mut crm.admin(), &record).await?), ["created customer"]);
    let deleted = ActivityQuery { action: Some("deleted".to_owned()), ..ActivityQuery::default() };
    assert!(all(&mut crm.admin(), &deleted).await?.is_empty());
    Ok(())
}

async fn users_see_their_own_and_what_they_may_read(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.admin().deals().create(customer.id, NewDeal::named("Theirs")).await?;
    crm.scope(Role::SalesRep).deals().create(customer.id, NewDeal::named("Mine")).await?;
    let deals = ActivityQuery { kind: Some(Kind::Deal), ..ActivityQuery::default() };
    assert_eq!(all(&mut crm.scope(Role::SalesRep), &deals).await?.len(), 2, "all deals can be read");
    let narrow =
        |permissions: Vec<Permission>| crm.crm.on(crm.actor(Role::SalesRep).with_permissions(permissions), &crm.db);
    let (read, own) = (|of| Permission::all(of, Action::Read), |of| Permission::own(of, Action::Read));
    let mut of_own = narrow(vec![read(Resource::Customers), own(Resource::Deals)]);
    let entries = all(&mut of_own, &deals).await?;
    assert_eq!(entries.iter().map(|entry| entry.actor.id).collect::<Vec<_>>(), [Some(crm.user(Role::SalesRep))]);
    assert!(told(&all(&mut of_own, &ActivityQuery::default()).await?).contains(&"created customer".to_owned()));
    let mut of_others = narrow(vec![own(Resource::Customers), read(Resource::Deals)]);
    assert_eq!(all(&mut of_others, &deals).await?.len(), 1, "a deal is seen with its customer");
    assert_eq!(all(&mut narrow(Vec::new()), &ActivityQuery::default()).await?.len(), 1, "their own");
    Ok(())
}

async fn a_private_note_is_its_authors_alone(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?.id;
    crm.scope(Role::SalesRep).notes(customer).create(NewNote::text("Mine").private()).await?;
    let notes = ActivityQuery { kind: Some(Kind::Note), ..ActivityQuery::default() };
    for role in [Role::Admin, Role::Manager, Role::Viewer] {
        assert!(all(&mut crm.scope(role), &notes).await?.is_empty(), "{role}");
    }
    assert_eq!(told(&all(&mut crm.scope(Role::SalesRep), &notes).await?), ["created note"]);
    Ok(())
}
