//! Whether a company may use the CRM.

use std::time::{Duration, Instant};

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::companies::CompanyState;
use crm_core::customers::{CustomerQuery, CustomerSearch, NewCustomer};
use crm_core::page::PageRequest;
use testkit::{Suite, TestDatabase, eventually};

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_suspended_company_is_refused_everything,
        a_suspension_takes_effect_within_seconds_and_so_does_its_end,
        a_company_is_mirrored_by_its_first_write,
        of_many_first_writes_all_succeed,
    ]);
}

/// What each way in says.
async fn knocks(crm: &TestCrm, id: crm_core::ids::CustomerId) -> Vec<(&'static str, crm_core::Result<()>)> {
    let mut scope = crm.admin();
    let request = PageRequest::default();
    let search = CustomerSearch { text: "lee".into(), query: CustomerQuery::default() };
    vec![
        ("get", scope.customers().get(id).await.map(drop)),
        ("list", scope.customers().list(&CustomerQuery::default(), &request).await.map(drop)),
        ("search", scope.customers().search(&search, &request).await.map(drop)),
        ("by_external", scope.customers().by_external("erp", "1").await.map(drop)),
        ("history", scope.customers().history(id, &request).await.map(drop)),
        ("create", scope.customers().create(NewCustomer::organization("Lee")).await.map(drop)),
        ("update", scope.customers().update(id, Default::default(), None).await.map(drop)),
        ("replace", scope.customers().replace(id, NewCustomer::organization("Lee"), None).await.map(drop)),
        ("delete", scope.customers().delete(id, None).await),
        ("restore", scope.customers().restore(id).await.map(drop)),
        ("purge", scope.customers().purge(id, None).await),
        ("users", scope.users().list(&request).await.map(drop)),
        ("user", scope.users().get(crm.user(Role::Admin)).await.map(drop)),
        ("settings", scope.settings().get().await.map(drop)),
        ("set", scope.settings().update(Default::default(), None).await.map(drop)),
        ("audit", scope.audit().list(None, &request).await.map(drop)),
        ("begin", scope.begin().await.map(drop)),
    ]
}

async fn a_suspended_company_is_refused_everything(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for (state, expected) in [("suspended", CompanyState::Suspended), ("deleted", CompanyState::Deleted)] {
        crm.set_state(state).await?;
        // A process that starts now has nothing cached.
        let fresh = crm.other_process();
        let before = crm.records().await?;
        for (way, answer) in knocks(&fresh, customer.id).await {
            match answer {
                Err(Error::CompanyClosed { state }) => assert_eq!(state, expected, "{way}"),
                other => panic!("{way}: {other:?}"),
            }
        }
        let mut tx = crm_core::begin_write(&crm.db).await?;
        let hosted = fresh.crm.within(fresh.actor(Role::Admin), &mut tx).customers().get(customer.id).await;
        assert_matches!(hosted, Err(Error::CompanyClosed { .. }));
        tx.rollback().await?;
        assert_eq!(crm.records().await?, before);
        crm.other_company().named("Lee & Co").await?;
    }
    Ok(())
}

async fn a_suspension_takes_effect_within_seconds_and_so_does_its_end(database: TestDatabase) -> anyhow::Result<()> {
    const LIMIT: Duration = Duration::from_secs(6);
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for (state, open) in [("suspended", false), ("active", true)] {
        crm.get(&customer).await.map(drop).or_else(|error| if open { Ok(()) } else { Err(error) })?;
        crm.set_state(state).await?;
        let since = Instant::now();
        let settled = eventually(LIMIT, async || crm.get(&customer).await.is_ok() == open).await;
        assert!(settled, "{state} has no effect after {:?}", since.elapsed());
        // Who reads and who writes go by one state.
        assert_eq!(crm.named("Another").await.is_ok(), open);
    }
    Ok(())
}

async fn a_company_is_mirrored_by_its_first_write(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    assert_eq!(admin.customers().list(&CustomerQuery::default(), &PageRequest::default()).await?.data, []);
    assert_matches!(admin.customers().by_external("erp", "1").await, Err(Error::NotFound { .. }));
    assert_eq!(crm.count("crm_companies").await?, 0);
    admin.customers().create(NewCustomer::organization("Lee & Co")).await?;
    assert_eq!(crm.count("crm_companies").await?, 1);
    Ok(())
}

async fn of_many_first_writes_all_succeed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..12 {
        let mut scope = crm.other_process().scope(Role::ALL[writer % 3]);
        writers.spawn(async move { scope.customers().create(NewCustomer::organization("Lee & Co")).await });
    }
    for written in writers.join_all().await {
        written?;
    }
    let rows = [crm.count("crm_companies").await?, crm.count("crm_users").await?, crm.count("crm_customers").await?];
    assert_eq!(rows, [1, 3, 12]);
    Ok(())
}
