//! The database is down or busy, or the caller does not wait for the answer.

use std::time::{Duration, Instant};

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::{CustomerQuery, ImportMode, ImportOptions, NewCustomer};
use crm_core::page::PageRequest;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use testkit::{Backend, Proxy, Suite, TestDatabase, eventually};

use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_database_that_is_busy_for_too_long_is_unavailable,
        a_full_pool_is_unavailable,
        a_write_that_is_given_up_halfway_is_whole_or_not_there,
    ]; postgres: [a_database_that_is_away_is_unavailable_until_it_is_back]; own: [an_import_waits_no_longer_for_a_batch_than_it_is_told]);
}

/// A pool of the test's own, that loses patience soon.
async fn impatient(url: &str, connections: u32) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    let patience = Duration::from_millis(500);
    options.max_connections(connections).acquire_timeout(patience).sqlx_logging(false).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| sqlite.busy_timeout(patience).foreign_keys(true));
    // For each connection of the pool, since any may wait for a lock.
    options.map_sqlx_postgres_opts(move |postgres| {
        postgres.options([("lock_timeout", format!("{}ms", patience.as_millis()))])
    });
    Ok(Database::connect(options).await?)
}

async fn knock(crm: &TestCrm) -> [crm_core::Result<()>; 3] {
    let mut scope = crm.admin();
    [
        scope.customers().list(&CustomerQuery::default(), &PageRequest::default()).await.map(drop),
        scope.customers().create(NewCustomer::organization("Lee & Co")).await.map(drop),
        crm.crm.pending_events(&crm.db, "knocking", 1).await.map(drop),
    ]
}

async fn a_database_that_is_away_is_unavailable_until_it_is_back(database: TestDatabase) -> anyhow::Result<()> {
    let (proxy, url) = Proxy::before(&database.url).await?;
    let crm = TestCrm { db: impatient(&url, 2).await?, ..TestCrm::new(&database) };
    crm.named("Lee & Co").await?;
    proxy.cut().await?;
    for answer in knock(&crm).await {
        assert_matches!(answer, Err(Error::Unavailable(_)));
    }
    proxy.restore().await?;
    let back = eventually(Duration::from_secs(20), async || knock(&crm).await.iter().all(Result::is_ok)).await;
    assert!(back, "it does not come back: {:?}", knock(&crm).await);
    Ok(())
}

async fn a_database_that_is_busy_for_too_long_is_unavailable(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let impatient = TestCrm { db: impatient(&database.url, 2).await?, crm: crm.crm.clone(), ..crm.other_process() };
    // Another transaction has locked the row.
    let mut tx = crm_core::begin_write(&crm.db).await?;
    let change = |city: &str| patch(|p| &mut p.city, city.to_owned());
    crm.crm.within(crm.actor(Role::Admin), &mut tx).customers().update(customer.id, change("Boston"), None).await?;
    let busy = impatient.admin().customers().update(customer.id, change("Berlin"), None).await;
    assert_matches!(busy, Err(Error::Unavailable(_)));
    tx.commit().await?;
    assert_eq!(crm.get(&customer).await?.city.as_deref(), Some("Boston"));
    impatient.admin().customers().update(customer.id, change("Berlin"), None).await?;
    Ok(())
}

async fn an_import_waits_no_longer_for_a_batch_than_it_is_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.create(NewCustomer { email: Some("ann@example.com".to_owned()), ..NewCustomer::person("Ann", "Lee") }).await?;
    let held = crm_core::begin_write(&crm.db).await?;
    if crm.backend == Backend::Postgres {
        held.execute_unprepared("SELECT 1 FROM crm_customers FOR UPDATE").await?;
    }
    let import = async |batch_time: Option<Duration>| {
        let (mode, file) = (ImportMode::Upsert, "Name,E-mail,City\nAnn Lee,ann@example.com,Bonn\n");
        let options = ImportOptions { mode, batch_time, ..ImportOptions::default() };
        crm.admin().customers().import(file.as_bytes(), options).await
    };
    let waiting = import(Some(Duration::from_millis(500)));
    let given_up = tokio::time::timeout(Duration::from_secs(60), waiting).await?;
    assert_matches!(given_up, Err(Error::Unavailable(_)));
    held.rollback().await?;
    assert_eq!(import(None).await?.updated, 1);
    Ok(())
}

async fn a_full_pool_is_unavailable(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm { db: impatient(&database.url, 1).await?, ..TestCrm::new(&database) };
    crm.named("Lee & Co").await?;
    let tx = crm_core::begin_write(&crm.db).await?;
    for answer in knock(&crm).await {
        assert_matches!(answer, Err(Error::Unavailable(_)));
    }
    tx.rollback().await?;
    for answer in knock(&crm).await {
        answer?;
    }
    Ok(())
}

/// Clients go away, and take the futures of their requests with them, wherever those stand. The connections go back to
/// the pool, and must not carry half a transaction with them.
async fn a_write_that_is_given_up_halfway_is_whole_or_not_there(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm { db: database.connect(3).await?, ..TestCrm::new(&database) };
    let shared = crm.named("Shared").await?;
    let mut chance = Chance::new(Chance::seed());
    let since = Instant::now();
    for _ in 0..4 {
        crm.named("How long it takes").await?;
        crm.admin().customers().update(shared.id, patch(|p| &mut p.state, "y".to_owned()), None).await?;
    }
    let usual = usize::try_from((since.elapsed() / 4).as_micros())?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut given_up = 0;
    while given_up < 80 {
        assert!(Instant::now() < deadline, "only {given_up} were given up");
        let patience = Duration::from_micros(chance.below(usual) as u64);
        let mut scope = crm.admin();
        let writes = async {
            scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
            scope.customers().update(shared.id, patch(|p| &mut p.city, chance.below(1_000_000).to_string()), None).await
        };
        given_up += usize::from(tokio::time::timeout(patience, writes).await.is_err());
    }
    // The next user finds everything free and whole.
    for _ in 0..6 {
        crm.named("After all").await?;
        crm.admin().customers().update(shared.id, patch(|p| &mut p.state, "x".to_owned()), None).await?;
    }
    let customers = crm.count("crm_customers").await?;
    let version = crm.get(&shared).await?.version;
    assert_eq!(crm.records().await?, [customers + version - 1; 3]);
    // Another pool sees the same: nothing hangs in a transaction that is still open.
    let fresh = TestCrm { db: database.connect(1).await?, crm: crm.crm.clone(), ..crm.other_process() };
    assert_eq!(fresh.count("crm_customers").await?, customers);
    fresh.named("From elsewhere").await?;
    Ok(())
}
