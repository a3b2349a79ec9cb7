//! One undo: which user may, until when, and what it leaves alone.

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::{Customer, CustomerQuery, ExternalRef, NewCustomer, RefusalReason};
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use crm_core::{Conflict, Crm, Error};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use super::{action, bulk, of, status, undo};
use crate::support::{TestCrm, assert_matches, merge_patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            customers_that_changed_since_are_left_as_they_are,
            an_action_is_undone_once,
            an_action_is_undone_by_its_actor_or_an_administrator,
            an_action_is_undone_within_a_day,
            what_was_deleted_comes_back_with_everything,
            a_taken_address_or_reference_keeps_a_customer_in_the_trash,
            tags_come_back_unless_they_were_touched,
            a_right_that_was_lost_refuses,
        ]
    );
}

async fn customers_that_changed_since_are_left_as_they_are(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant", "Bee", "Cat", "Dog"]).await?;
    let done = bulk(&mut crm.admin(), of(status("active"), &customers)).await?;
    crm.admin().customers().update(customers[0].id, merge_patch(json!({ "city": "Bonn" })), None).await?;
    crm.admin().customers().delete(customers[1].id, None).await?;
    crm.admin().customers().purge(customers[2].id, None).await?;
    let undone = undo(&mut crm.admin(), done.id).await?;
    assert_eq!((undone.restored, undone.skipped, undone.refused.len()), (1, 3, 0));
    let now = [crm.get(&customers[0]).await?, crm.get(&customers[3]).await?];
    assert_eq!(now.map(|customer| customer.status.as_str()), ["active", "prospect"]);
    assert_eq!(crm.count("crm_bulk_changes").await?, 0, "nothing is kept that cannot be used");
    Ok(())
}

async fn an_action_is_undone_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant"]).await?;
    let done = bulk(&mut crm.admin(), of(status("active"), &customers)).await?;
    undo(&mut crm.admin(), done.id).await?;
    let before = crm.records().await?;
    assert_matches!(undo(&mut crm.admin(), done.id).await, Err(Error::Conflict(Conflict::BulkActionUndone)));
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn an_action_is_undone_by_its_actor_or_an_administrator(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant"]).await?;
    for (role, may) in [(Role::SalesRep, true), (Role::Manager, false), (Role::Admin, true)] {
        let done = bulk(&mut crm.scope(Role::SalesRep), of(status("active"), &customers)).await?;
        match undo(&mut crm.scope(role), done.id).await {
            Ok(undone) => assert!(may && undone.restored == 1, "{role}: {undone:?}"),
            Err(Error::NotFound { .. }) => {
                assert!(!may, "{role}");
                undo(&mut crm.admin(), done.id).await?;
            }
            Err(error) => panic!("{role}: {error:?}"),
        }
    }
    let done = bulk(&mut crm.admin(), of(status("active"), &customers)).await?;
    let theirs = crm.other_company();
    assert_matches!(undo(&mut theirs.admin(), done.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn an_action_is_undone_within_a_day(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let customers = crm.some(&["Ant", "Bee"]).await?;
    let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    let first = bulk(&mut crm.admin(), of(status("active"), &customers[..1])).await?;
    let second = bulk(&mut crm.admin(), of(status("active"), &customers[1..])).await?;
    clock.advance(hours(24));
    assert_eq!(undo(&mut crm.admin(), first.id).await?.restored, 1);
    clock.advance(Duration::from_secs(1));
    assert_matches!(undo(&mut crm.admin(), second.id).await, Err(Error::Conflict(Conflict::BulkActionExpired)));
    assert_eq!((crm.count("crm_bulk_actions").await?, crm.count("crm_bulk_changes").await?), (2, 1));
    clock.advance(hours(6 * 24));
    crm.crm.delete_old_bulk_actions(&crm.db).await?;
    assert_eq!((crm.count("crm_bulk_actions").await?, crm.count("crm_bulk_changes").await?), (0, 0));
    assert_matches!(undo(&mut crm.admin(), second.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

/// A customer with an address, a reference and a note.
async fn rich(crm: &TestCrm, name: &str) -> anyhow::Result<Customer> {
    let new = NewCustomer {
        email: Some(format!("{name}@example.com")),
        external_refs: Some(vec![ExternalRef::new("erp", name)]),
        ..NewCustomer::organization(name)
    };
    let customer = crm.create(new).await?;
    crm.admin().notes(customer.id).create(NewNote::text("Kept")).await?;
    crm.admin().customer_tags(customer.id).add(["VIP"]).await?;
    Ok(crm.get(&customer).await?)
}

async fn what_was_deleted_comes_back_with_everything(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = [rich(&crm, "ant").await?, rich(&crm, "bee").await?];
    let gone = crm.admin().notes(customers[0].id).create(NewNote::text("Gone before")).await?;
    crm.admin().notes(customers[0].id).delete(gone.id, None).await?;
    let done = bulk(&mut crm.admin(), of(action(json!({ "type": "delete" })), &customers)).await?;
    // Address and reference are free for others.
    let other = rich(&crm, "ant").await?;
    crm.admin().customers().purge(other.id, None).await?;
    let undone = undo(&mut crm.admin(), done.id).await?;
    assert_eq!((undone.restored, undone.skipped, undone.refused.len()), (2, 0, 0));
    for customer in &customers {
        let now = crm.get(customer).await?;
        assert_eq!((&now.external_refs, &now.tags, now.version), (&customer.external_refs, &customer.tags, 3));
        let notes = crm.admin().notes(customer.id).list(&Default::default(), &Default::default()).await?;
        assert_eq!(notes.data.len(), 1, "the note that was in the trash before stays there");
    }
    let again = NewCustomer { email: Some("ant@example.com".into()), ..NewCustomer::organization("Again") };
    assert_matches!(crm.create(again).await, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    Ok(())
}

async fn a_taken_address_or_reference_keeps_a_customer_in_the_trash(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = [rich(&crm, "ant").await?, rich(&crm, "bee").await?, rich(&crm, "cat").await?];
    let done = bulk(&mut crm.admin(), of(action(json!({ "type": "delete" })), &customers)).await?;
    let email = NewCustomer { email: Some("ant@example.com".into()), ..NewCustomer::organization("Ant 2") };
    crm.create(email).await?;
    let reference = vec![ExternalRef::new("erp", "bee")];
    crm.create(NewCustomer { external_refs: Some(reference), ..NewCustomer::organization("Bee 2") }).await?;
    let undone = undo(&mut crm.admin(), done.id).await?;
    assert_eq!((undone.restored, undone.skipped), (1, 0));
    let refused: Vec<_> = undone.refused.iter().map(|refusal| (refusal.reason, refusal.ids[0])).collect();
    assert_eq!(
        refused,
        [(RefusalReason::CustomerEmailTaken, customers[0].id), (RefusalReason::ExternalRefTaken, customers[1].id),]
    );
    // Where addresses may be shared, they keep nobody in the trash.
    let allow = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Allow), ..SettingsPatch::default() };
    crm.admin().settings().update(allow, None).await?;
    let cat = [crm.get(&customers[2]).await?];
    let done = bulk(&mut crm.admin(), of(action(json!({ "type": "delete" })), &cat)).await?;
    crm.create(NewCustomer { email: Some("cat@example.com".into()), ..NewCustomer::organization("Cat 2") }).await?;
    assert_eq!(undo(&mut crm.admin(), done.id).await?.restored, 1);
    Ok(())
}

async fn tags_come_back_unless_they_were_touched(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant", "Bee", "Cat"]).await?;
    crm.admin().customer_tags(customers[0].id).add(["VIP"]).await?;
    let names = async |customer: &Customer| -> anyhow::Result<Vec<String>> {
        Ok(crm.get(customer).await?.tags.into_iter().map(|tag| tag.name).collect())
    };
    let add = of(action(json!({ "type": "addTags", "tags": ["VIP", "New"] })), &customers);
    let done = bulk(&mut crm.admin(), add).await?;
    crm.admin().customer_tags(customers[1].id).remove(["New"]).await?;
    let undone = undo(&mut crm.admin(), done.id).await?;
    assert_eq!((undone.restored, undone.skipped), (2, 1));
    assert_eq!([names(&customers[0]).await?, names(&customers[1]).await?], [["VIP"], ["VIP"]]);
    assert!(names(&customers[2]).await?.is_empty());
    let remove = of(action(json!({ "type": "removeTags", "tags": ["VIP"] })), &customers);
    let done = bulk(&mut crm.admin(), remove).await?;
    crm.admin().customer_tags(customers[1].id).add(["VIP"]).await?;
    let undone = undo(&mut crm.admin(), done.id).await?;
    assert_eq!((undone.restored, undone.skipped), (1, 1));
    assert_eq!(names(&customers[0]).await?, ["VIP"]);
    Ok(())
}

async fn a_right_that_was_lost_refuses(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customers = crm.some(&["Ant"]).await?;
    let done = bulk(&mut crm.scope(Role::Manager), of(action(json!({ "type": "archive" })), &customers)).await?;
    // The same user in another role.
    let mut viewer =
        crm.crm.on(crm_core::actor::Actor::user(crm.company, crm.user(Role::Manager), Role::Viewer), &crm.db);
    let undone = undo(&mut viewer, done.id).await?;
    assert_eq!((undone.restored, undone.refused[0].reason), (0, RefusalReason::Forbidden));
    assert!(crm.names(&CustomerQuery::default()).await?.is_empty(), "it is still archived");
    Ok(())
}
