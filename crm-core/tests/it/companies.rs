//! The states of a company.

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
        a_host_closes_and_opens_a_company_at_once,
        what_a_host_does_holds_elsewhere_within_seconds,
        a_company_can_be_closed_before_it_has_written,
        what_a_host_does_is_recorded_once,
        nobody_who_read_before_a_suspension_gets_in_after_it,
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

fn is_closed(outcome: &crm_core::Result<()>) -> Option<CompanyState> {
    match outcome {
        Err(Error::CompanyClosed { state }) => Some(*state),
        _ => None,
    }
}

async fn a_host_closes_and_opens_a_company_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let neighbour = crm.other_company();
    let (customer, other) = (crm.named("Lee & Co").await?, neighbour.named("Lee & Co").await?);
    let companies = crm.crm.companies(&crm.db);
    assert_eq!(companies.state(crm.company).await?, CompanyState::Active);
    for state in [CompanyState::Suspended, CompanyState::Deleted] {
        // Its state is known here, and no older than a moment.
        crm.get(&customer).await?;
        match state {
            CompanyState::Suspended => companies.suspend(crm.company).await?,
            _ => companies.delete(crm.company).await?,
        }
        assert_eq!(companies.state(crm.company).await?, state);
        for (way, answer) in knocks(&crm, customer.id).await {
            assert_eq!(is_closed(&answer), Some(state), "{way}: {answer:?}");
        }
        let mut tx = crm_core::begin_write(&crm.db).await?;
        let hosted = crm.crm.within(crm.actor(Role::Admin), &mut tx).customers().get(customer.id).await;
        assert_matches!(hosted, Err(Error::CompanyClosed { .. }));
        tx.rollback().await?;
        neighbour.get(&other).await?;
        neighbour.named("Another").await?;

        companies.reactivate(crm.company).await?;
        crm.get(&customer).await?;
        crm.named("Another").await?;
    }
    Ok(())
}

async fn what_a_host_does_holds_elsewhere_within_seconds(database: TestDatabase) -> anyhow::Result<()> {
    const LIMIT: Duration = Duration::from_secs(60);
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let elsewhere = crm.other_process();
    elsewhere.get(&customer).await?;
    crm.crm.companies(&crm.db).suspend(crm.company).await?;
    assert!(eventually(LIMIT, async || elsewhere.get(&customer).await.is_err()).await);
    assert!(elsewhere.named("Another").await.is_err());
    elsewhere.crm.companies(&crm.db).reactivate(crm.company).await?;
    elsewhere.get(&customer).await?;
    assert!(eventually(LIMIT, async || crm.get(&customer).await.is_ok()).await);
    Ok(())
}

async fn a_company_can_be_closed_before_it_has_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let companies = crm.crm.companies(&crm.db);
    assert_eq!(companies.state(crm.company).await?, CompanyState::Active);
    companies.suspend(crm.company).await?;
    assert_matches!(crm.named("Lee & Co").await, Err(Error::CompanyClosed { .. }));
    companies.reactivate(crm.company).await?;
    crm.named("Lee & Co").await?;
    Ok(())
}

async fn what_a_host_does_is_recorded_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let before = crm.admin().settings().get().await?.version;
    let companies = crm.crm.companies(&crm.db);
    for _ in 0..2 {
        companies.suspend(crm.company).await?;
    }
    for _ in 0..2 {
        companies.reactivate(crm.company).await?;
    }
    assert_eq!(crm.records().await?, [2, 2, 2]);
    assert_eq!(crm.admin().settings().get().await?.version, before + 2);
    let trail = crm.admin().audit().list(None, &PageRequest::default()).await?.data;
    let mut told = trail.iter().filter(|entry| entry.entity == "company").map(|entry| {
        let fields: Vec<&str> = entry.fields.iter().map(|field| field.field.as_str()).collect();
        (entry.action.as_str(), entry.actor.kind, fields)
    });
    let expected = || ("updated", crm_core::actor::ActorKind::System, vec!["state"]);
    assert_eq!([told.next(), told.next(), told.next()], [Some(expected()), Some(expected()), None]);
    Ok(())
}

/// Many readers fill the cache while the company is closed; what one of them has read before may not stay there.
async fn nobody_who_read_before_a_suspension_gets_in_after_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for _ in 0..5 {
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let mut scope = crm.admin();
            readers.spawn(async move { while scope.customers().get(customer.id).await.is_ok() {} });
        }
        let companies = crm.crm.companies(&crm.db);
        companies.suspend(crm.company).await?;
        for _ in 0..20 {
            assert_matches!(crm.get(&customer).await, Err(Error::CompanyClosed { .. }));
        }
        readers.join_all().await;
        companies.reactivate(crm.company).await?;
        crm.get(&customer).await?;
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
