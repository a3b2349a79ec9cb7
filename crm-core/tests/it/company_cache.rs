//! A company is read rarely, and committed changes take effect at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crm_core::actor::Role;
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::page::PageRequest;
use crm_core::{Conflict, Error, begin_write};
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_company_without_a_mirror_is_looked_for_once,
        a_write_makes_its_own_company_be_read_again,
        settings_in_a_hosts_transaction_hold_with_its_commit,
    ]);
}

/// A CRM, and how often its company was asked for.
async fn counted(database: &TestDatabase) -> anyhow::Result<(TestCrm, Arc<AtomicUsize>)> {
    let mut db = database.connect(8).await?;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    db.set_metric_callback(move |statement| {
        if statement.statement.sql.contains("FROM \"crm_companies\"") {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    Ok((TestCrm { db, ..TestCrm::new(database) }, asked))
}

async fn list(crm: &TestCrm) -> crm_core::Result<()> {
    crm.admin().customers().list(&CustomerQuery::default(), &PageRequest::default()).await.map(drop)
}

async fn a_company_without_a_mirror_is_looked_for_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, asked) = counted(&database).await?;
    for _ in 0..3 {
        list(&crm).await?;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Also of many who ask at once.
    let other = Arc::new(crm.other_company());
    let mut lists = JoinSet::new();
    for _ in 0..8 {
        let other = other.clone();
        lists.spawn(async move { list(&other).await });
    }
    for outcome in lists.join_all().await {
        outcome?;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // The first write makes it.
    crm.named("Lee & Co").await?;
    assert_eq!(crm.count("crm_companies").await?, 1);
    Ok(())
}

async fn a_write_makes_its_own_company_be_read_again(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, asked) = counted(&database).await?;
    let other = crm.other_company();
    crm.named("Lee & Co").await?;
    other.named("Lee & Co").await?;
    let zone = serde_json::from_str(r#"{"timeZone": "Europe/Berlin"}"#)?;
    crm.admin().settings().update(zone, None).await?;
    let before = asked.load(Ordering::SeqCst);
    list(&other).await?;
    assert_eq!(asked.load(Ordering::SeqCst), before, "the other one is still known");
    list(&crm).await?;
    list(&crm).await?;
    assert_eq!(asked.load(Ordering::SeqCst), before + 1);
    Ok(())
}

async fn settings_in_a_hosts_transaction_hold_with_its_commit(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = || NewCustomer { email: Some("ann@example.com".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    crm.create(ann()).await?;
    for commit in [false, true] {
        let mut tx = begin_write(&crm.db).await?;
        let mut host = crm.crm.within(crm.actor(Role::Admin), &mut tx);
        host.settings().update(serde_json::from_str(r#"{"duplicatePolicy": "allow"}"#)?, None).await?;
        // Inside they hold already; what others read meanwhile is what was committed.
        host.customers().create(ann()).await?;
        list(&crm).await?;
        if commit {
            tx.commit().await?;
            let elsewhere = crm.other_process();
            elsewhere.create(ann()).await?;
        } else {
            tx.rollback().await?;
            assert_matches!(crm.create(ann()).await, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
        }
    }
    Ok(())
}
