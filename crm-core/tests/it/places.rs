//! Connection slots: one company does not use up the pool.

use std::num::NonZeroUsize;
use std::time::Duration;

use crm_core::actor::Role;
use crm_core::customers::CustomerQuery;
use crm_core::page::PageRequest;
use crm_core::{Crm, Error, begin_write};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use testkit::{Backend, Suite, TestDatabase, eventually};
use tokio::task::JoinSet;

use crate::support::{TestCrm, assert_matches, patch};

/// For what takes a moment on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            a_transaction_and_what_it_reads_take_one_place,
            a_company_that_waits_too_long_is_told_so,
            a_hosts_transaction_takes_no_place,
            what_is_given_up_gives_its_place_back,
        ];
        own: [slow_writes_of_one_company_leave_connections_to_others]
    );
}

/// Two companies on a pool of four connections.
async fn two(database: &TestDatabase, patience: Duration) -> anyhow::Result<(TestCrm, TestCrm)> {
    let db = database.connect(4).await?;
    let slow = TestCrm { db, ..TestCrm::with(database, Crm::builder().company_patience(patience)) };
    let other = slow.other_company();
    Ok((slow, other))
}

/// Keeps the company's customers from being written, on a connection of its own.
async fn hold(database: &TestDatabase, crm: &TestCrm) -> anyhow::Result<DatabaseTransaction> {
    let holder = begin_write(&database.connect(1).await?).await?;
    if database.backend == Backend::Postgres {
        let company = crm.company;
        holder
            .execute_unprepared(&format!("SELECT 1 FROM crm_customers WHERE company_id = '{company}' FOR UPDATE"))
            .await?;
    }
    Ok(holder)
}

async fn slow_writes_of_one_company_leave_connections_to_others(database: TestDatabase) -> anyhow::Result<()> {
    let (slow, other) = two(&database, PATIENCE).await?;
    let (stuck, quick) = (slow.named("Stuck").await?.id, other.named("Quick").await?);
    let holder = hold(&database, &slow).await?;
    let mut writes = JoinSet::new();
    for number in 0..16 {
        let mut scope = slow.admin();
        writes.spawn(async move {
            let change = patch(|p| &mut p.city, format!("City {number}"));
            scope.customers().update(stuck, change, None).await.map(drop)
        });
    }
    let pool = &slow.db;
    let waits = async || match database.backend {
        Backend::Postgres => pool.get_postgres_connection_pool().num_idle(),
        Backend::Sqlite => pool.get_sqlite_connection_pool().num_idle(),
    };
    // As many as may are at work, and nothing moves any more.
    let are_stuck = async || {
        tokio::task::yield_now().await;
        waits().await <= 2
    };
    eventually(Duration::from_secs(2), are_stuck).await;
    let reads = async {
        for _ in 0..100 {
            other.get(&quick).await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, reads).await??;
    assert_eq!(writes.len(), 16, "none of them is through");
    holder.rollback().await?;
    for outcome in writes.join_all().await {
        outcome?;
    }
    Ok(())
}

async fn a_transaction_and_what_it_reads_take_one_place(database: TestDatabase) -> anyhow::Result<()> {
    let builder = Crm::builder().company_connections(NonZeroUsize::MIN).company_patience(Duration::from_millis(200));
    let crm = TestCrm::with(&database, builder);
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    let made = tx.scope().customers().create(crm_core::customers::NewCustomer::organization("Lee & Co")).await?;
    assert_eq!(tx.scope().customers().get(made.id).await?, made);
    tx.scope().customers().list(&CustomerQuery::default(), &PageRequest::default()).await?;
    tx.commit().await?;
    // A refusal is audited in a transaction of its own.
    let refused = crm.scope(Role::Viewer).customers().delete(made.id, None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    assert_eq!(crm.get(&made).await?, made);
    Ok(())
}

async fn a_company_that_waits_too_long_is_told_so(database: TestDatabase) -> anyhow::Result<()> {
    let builder = Crm::builder().company_connections(NonZeroUsize::MIN).company_patience(Duration::from_millis(50));
    let slow = TestCrm::with(&database, builder);
    let other = slow.other_company();
    let (customer, quick) = (slow.named("Lee & Co").await?, other.named("Quick").await?);
    let mut scope = slow.admin();
    let held = scope.begin().await?;
    assert_matches!(slow.get(&customer).await, Err(Error::CompanyBusy));
    assert_matches!(slow.named("Ann").await, Err(Error::CompanyBusy));
    other.get(&quick).await?;
    // Its place is free when the rollback is through.
    drop(held);
    assert!(eventually(PATIENCE, async || slow.get(&customer).await.is_ok()).await);
    Ok(())
}

async fn a_hosts_transaction_takes_no_place(database: TestDatabase) -> anyhow::Result<()> {
    let builder = Crm::builder().company_connections(NonZeroUsize::MIN).company_patience(Duration::ZERO);
    let crm = TestCrm::with(&database, builder);
    let customer = crm.named("Lee & Co").await?;
    let mut host = begin_write(&crm.db).await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut host);
    let held = scope.begin().await?;
    assert_eq!(crm.get(&customer).await?, customer);
    drop(held);
    drop(scope);
    host.rollback().await?;
    Ok(())
}

async fn what_is_given_up_gives_its_place_back(database: TestDatabase) -> anyhow::Result<()> {
    let builder = Crm::builder().company_connections(NonZeroUsize::MIN).company_patience(PATIENCE);
    let crm = TestCrm::with(&database, builder);
    let customer = crm.named("Lee & Co").await?;
    for _ in 0..20 {
        let mut scope = crm.admin();
        // As far as one poll brings it.
        let customers = scope.customers();
        tokio::select! {
            biased;
            _ = customers.get(customer.id) => {}
            () = std::future::ready(()) => {}
        }
        drop(scope.begin().await?);
    }
    assert_eq!(crm.get(&customer).await?, customer);
    Ok(())
}
