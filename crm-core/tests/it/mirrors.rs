//! The mirrors of companies and users: created before anything refers to them, without blocking other writers.

use crm_core::actor::{Actor, Role};
use crm_core::begin_write;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::NewCustomer;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::sea_orm::ConnectionTrait;
use crm_core::users::UserProfile;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_refusal_in_a_host_transaction_leaves_it_usable,
        writing_does_not_bring_a_retired_user_back,
        rights_of_the_host_cover_users_and_settings,
        an_address_stored_under_an_old_policy_becomes_unique_with_the_next_write,
    ]; postgres: [
        hosts_of_one_user_do_not_wait_for_each_other,
        a_mirror_that_cannot_be_written_leaves_the_hosts_transaction_usable,
    ]);
}

fn named(name: &str) -> NewCustomer {
    NewCustomer::organization(name)
}

async fn hosts_of_one_user_do_not_wait_for_each_other(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().customers().create(named("first")).await?;
    let cold = crm.other_process();
    let (mut one, mut other) = (begin_write(&crm.db).await?, begin_write(&crm.db).await?);
    cold.crm.within(crm.actor(Role::Admin), &mut one).customers().create(named("one")).await?;
    other.execute_unprepared("SET LOCAL lock_timeout = '2s'").await?;
    cold.crm.within(crm.actor(Role::Admin), &mut other).customers().create(named("other")).await?;
    other.commit().await?;
    one.commit().await?;
    assert_eq!(crm.count("crm_customers").await?, 3);
    Ok(())
}

async fn a_mirror_that_cannot_be_written_leaves_the_hosts_transaction_usable(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().customers().create(named("first")).await?;
    let holder = begin_write(&crm.db).await?;
    holder
        .execute_unprepared(&format!("SELECT 1 FROM crm_users WHERE company_id = '{}' FOR UPDATE", crm.company))
        .await?;
    let mut host = begin_write(&crm.db).await?;
    host.execute_unprepared("SET LOCAL lock_timeout = '200ms'").await?;
    let renamed = crm.actor(Role::Admin).with_profile(Some("A new name".into()), None);
    let refused = crm.other_process().crm.within(renamed, &mut host).customers().create(named("x")).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    host.execute_unprepared("SELECT 1").await?;
    host.commit().await?;
    holder.rollback().await?;
    Ok(())
}

async fn a_refusal_in_a_host_transaction_leaves_it_usable(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut host = begin_write(&crm.db).await?;
    let refused = crm.crm.within(crm.actor(Role::Viewer), &mut host).customers().create(named("x")).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    crm.crm.within(crm.actor(Role::Admin), &mut host).customers().create(named("y")).await?;
    host.commit().await?;
    let denied = crm.admin().audit().list(None, &PageRequest::default()).await?;
    assert!(denied.data.iter().any(|entry| entry.action == "create"), "the refusal is in the audit trail");
    Ok(())
}

async fn writing_does_not_bring_a_retired_user_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let id = crm.user(Role::SalesRep);
    let profile = UserProfile { id, display_name: Some("Gone".into()), email: None, is_active: false };
    crm.admin().users().mirror(&profile).await?;
    crm.scope(Role::SalesRep).customers().create(named("by the retired one")).await?;
    assert!(!crm.admin().users().get(id).await?.is_active);
    Ok(())
}

async fn rights_of_the_host_cover_users_and_settings(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let nobody: Actor = crm.actor(Role::Admin).with_permissions([]);
    let mut scope = crm.crm.on(nobody, &crm.db);
    let profile = UserProfile { id: crm.user(Role::Viewer), display_name: None, email: None, is_active: true };
    assert!(matches!(scope.users().list(&PageRequest::default()).await, Err(Error::Forbidden { .. })));
    assert!(matches!(scope.users().get(profile.id).await, Err(Error::Forbidden { .. })));
    assert!(matches!(scope.users().mirror(&profile).await, Err(Error::Forbidden { .. })));
    assert!(matches!(scope.settings().get().await, Err(Error::Forbidden { .. })));
    Ok(())
}

async fn an_address_stored_under_an_old_policy_becomes_unique_with_the_next_write(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let policy = |policy| SettingsPatch { duplicate_policy: Patch::Set(policy), ..SettingsPatch::default() };
    let with_address = || NewCustomer { email: Some("dup@example.com".into()), ..named("dup") };
    let (crm, behind) = {
        let crm = TestCrm::new(&database);
        let behind = crm.other_process();
        (crm, behind)
    };
    crm.admin().settings().update(policy(DuplicatePolicy::Allow), None).await?;
    behind.admin().customers().create(named("fills the cache")).await?;
    crm.admin().settings().update(policy(DuplicatePolicy::Reject), None).await?;
    let stored = behind.admin().customers().create(with_address()).await?;
    let patch = serde_json::from_value(serde_json::json!({ "jobTitle": "Buyer" }))?;
    crm.admin().customers().update(stored.id, patch, None).await?;
    let second = crm.admin().customers().create(with_address()).await;
    assert!(matches!(second, Err(Error::Conflict(Conflict::CustomerEmailTaken))), "{second:?}");
    Ok(())
}
