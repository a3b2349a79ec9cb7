//! The CRM inside a transaction that the host owns.

use crm_core::actor::{Actor, Role};
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::{Conflict, Error, begin_write};
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use testkit::{Backend, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        what_the_host_commits_is_there_with_all_its_records,
        what_the_host_rolls_back_has_never_happened,
        a_transaction_the_host_drops_has_never_happened,
        a_failed_write_leaves_the_hosts_transaction_usable,
        the_host_sees_what_the_crm_wrote_before_the_commit,
        mirrors_of_a_rolled_back_transaction_are_written_again,
        a_savepoint_of_the_host_takes_the_crms_writes_with_it,
        one_transaction_serves_several_companies_one_after_the_other,
        our_own_transaction_nests_in_the_hosts,
        hosts_that_write_at_once_wait_for_each_other,
    ]);
}

/// The host's own table; one for all tests of this process, with rows by company.
async fn ledger(crm: &TestCrm) -> anyhow::Result<()> {
    let uuid = if crm.backend == Backend::Postgres { "uuid" } else { "blob" };
    let create = format!("CREATE TABLE IF NOT EXISTS host_ledger (company {uuid} NOT NULL, entry text NOT NULL)");
    // Two tests that create it at once meet in PostgreSQL's catalogue.
    static CREATING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _one = CREATING.lock().await;
    crm.db.execute_unprepared(&create).await?;
    Ok(())
}

async fn book(crm: &TestCrm, db: &impl ConnectionTrait, entry: &str) -> anyhow::Result<()> {
    let values = [sea_orm::Value::from(crm.company.0), sea_orm::Value::from(entry)];
    let sql = "INSERT INTO host_ledger (company, entry) VALUES ($1, $2)";
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

async fn booked(crm: &TestCrm) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT entry FROM host_ledger WHERE company = $1 ORDER BY entry";
    let values = [sea_orm::Value::from(crm.company.0)];
    let rows = crm.db.query_all_raw(Statement::from_sql_and_values(crm.db.get_database_backend(), sql, values)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "entry")).collect::<Result<_, _>>()?)
}

fn lee() -> NewCustomer {
    NewCustomer { email: Some("lee@example.com".into()), ..NewCustomer::organization("Lee & Co") }
}

async fn what_the_host_commits_is_there_with_all_its_records(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    ledger(&crm).await?;
    let mut tx = begin_write(&crm.db).await?;
    book(&crm, &tx, "before").await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
    let written = scope.customers().create(lee()).await?;
    let written = scope.customers().update(written.id, patch(|p| &mut p.city, "Boston".to_owned()), Some(1)).await?;
    book(&crm, &tx, "after").await?;
    tx.commit().await?;
    assert_eq!(crm.get(&written).await?, written);
    assert_eq!(crm.records().await?, [2, 2, 2]);
    assert_eq!(booked(&crm).await?, ["after", "before"]);
    Ok(())
}

async fn what_the_host_rolls_back_has_never_happened(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    ledger(&crm).await?;
    let mut tx = begin_write(&crm.db).await?;
    book(&crm, &tx, "before").await?;
    crm.crm.within(crm.actor(Role::Admin), &mut tx).customers().create(lee()).await?;
    tx.rollback().await?;
    for table in ["crm_companies", "crm_users", "crm_customers", "crm_changes", "crm_audit", "crm_outbox"] {
        assert_eq!(crm.count(table).await?, 0, "{table}");
    }
    assert_eq!(booked(&crm).await?, Vec::<String>::new());
    Ok(())
}

async fn a_transaction_the_host_drops_has_never_happened(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut tx = begin_write(&crm.db).await?;
    crm.crm.within(crm.actor(Role::Admin), &mut tx).customers().create(lee()).await?;
    drop(tx);
    crm.create(lee()).await?;
    assert_eq!(crm.count("crm_customers").await?, 1);
    Ok(())
}

async fn a_failed_write_leaves_the_hosts_transaction_usable(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    ledger(&crm).await?;
    crm.create(lee()).await?;
    let mut tx = begin_write(&crm.db).await?;
    book(&crm, &tx, "before").await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
    assert_matches!(scope.customers().create(lee()).await, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    assert_matches!(scope.customers().create(NewCustomer::default()).await, Err(Error::Invalid(_)));
    let stranger = crm_core::ids::CustomerId(Uuid::new_v4());
    assert_matches!(scope.customers().delete(stranger, None).await, Err(Error::NotFound { .. }));
    let second = scope.customers().create(NewCustomer::organization("Second")).await?;
    let stale = scope.customers().update(second.id, Default::default(), Some(9)).await;
    assert_matches!(stale, Err(Error::Stale { .. }));
    drop(scope);
    let mut viewer = crm.crm.within(crm.actor(Role::Viewer), &mut tx);
    assert_matches!(viewer.customers().delete(second.id, None).await, Err(Error::Forbidden { .. }));
    book(&crm, &tx, "after").await?;
    tx.commit().await?;
    assert_eq!(crm.names(&CustomerQuery::default()).await?, ["Second", "Lee & Co"]);
    assert_eq!(crm.records().await?, [2, 3, 2]);
    assert_eq!(booked(&crm).await?, ["after", "before"]);
    Ok(())
}

async fn the_host_sees_what_the_crm_wrote_before_the_commit(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.ensure_mirrored(Role::Admin).await?;
    let mut tx = begin_write(&crm.db).await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
    let written = scope.customers().create(lee()).await?;
    assert_eq!(scope.customers().get(written.id).await?, written);
    assert_eq!(
        scope.customers().list(&CustomerQuery::default(), &Default::default()).await?.data,
        std::slice::from_ref(&written)
    );
    let search = crm_core::customers::CustomerSearch { text: "lee".into(), query: CustomerQuery::default() };
    assert_eq!(scope.customers().search(&search, &Default::default()).await?.data.len(), 1);
    assert_eq!(scope.customers().history(written.id, &Default::default()).await?.data.len(), 1);
    assert_matches!(crm.get(&written).await, Err(Error::NotFound { .. }));
    tx.commit().await?;
    assert_eq!(crm.get(&written).await?, written);
    Ok(())
}

/// What a process believes to be there must not come from a transaction that never was.
async fn mirrors_of_a_rolled_back_transaction_are_written_again(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for _ in 0..2 {
        let mut tx = begin_write(&crm.db).await?;
        let new = NewCustomer { owner_id: Some(crm.user(Role::Admin)), ..lee() };
        crm.crm.within(crm.actor(Role::Admin), &mut tx).customers().create(new).await?;
        tx.rollback().await?;
        assert_eq!([crm.count("crm_companies").await?, crm.count("crm_users").await?], [0, 0]);
    }
    let new = NewCustomer { owner_id: Some(crm.user(Role::Admin)), ..lee() };
    let written = crm.create(new).await?;
    assert_eq!(crm.get(&written).await?, written);
    assert_eq!([crm.count("crm_companies").await?, crm.count("crm_users").await?], [1, 1]);
    Ok(())
}

async fn a_savepoint_of_the_host_takes_the_crms_writes_with_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let tx = begin_write(&crm.db).await?;
    let mut inner = tx.begin().await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut inner);
    scope.customers().create(NewCustomer::organization("Given up")).await?;
    inner.rollback().await?;
    let mut inner = tx.begin().await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut inner);
    scope.customers().create(NewCustomer::organization("Kept")).await?;
    inner.commit().await?;
    tx.commit().await?;
    assert_eq!(crm.names(&CustomerQuery::default()).await?, ["Kept"]);
    assert_eq!(crm.records().await?, [1, 1, 1]);
    Ok(())
}

async fn one_transaction_serves_several_companies_one_after_the_other(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, elsewhere) = (TestCrm::new(&database), TestCrm::new(&database));
    let mut tx = begin_write(&crm.db).await?;
    let here = crm.crm.within(crm.actor(Role::Admin), &mut tx).customers().create(lee()).await?;
    let mut there = crm.crm.within(Actor::system(elsewhere.company), &mut tx);
    assert_matches!(there.customers().get(here.id).await, Err(Error::NotFound { .. }));
    there.customers().create(lee()).await?;
    tx.commit().await?;
    assert_eq!((crm.records().await?, elsewhere.records().await?), ([1, 1, 1], [1, 1, 1]));
    Ok(())
}

async fn our_own_transaction_nests_in_the_hosts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut host = begin_write(&crm.db).await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut host);
    let mut given_up = scope.begin().await?;
    given_up.scope().customers().create(NewCustomer::organization("Given up")).await?;
    drop(given_up);
    let mut kept = scope.begin().await?;
    kept.scope().customers().create(NewCustomer::organization("Kept")).await?;
    kept.scope().customers().create(NewCustomer::organization("Kept too")).await?;
    kept.commit().await?;
    host.commit().await?;
    assert_eq!(crm.names(&CustomerQuery::default()).await?.len(), 2);
    assert_eq!(crm.records().await?, [2, 2, 2]);
    Ok(())
}

async fn hosts_that_write_at_once_wait_for_each_other(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    ledger(&crm).await?;
    let mut hosts = tokio::task::JoinSet::new();
    for number in 0..12 {
        let crm = crm.other_process();
        hosts.spawn(async move {
            let mut tx = begin_write(&crm.db).await?;
            // It reads before it writes, as invoices do.
            let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
            scope.customers().list(&CustomerQuery::default(), &Default::default()).await?;
            scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
            book(&crm, &tx, &number.to_string()).await?;
            tx.commit().await?;
            anyhow::Ok(())
        });
    }
    for host in hosts.join_all().await {
        host?;
    }
    assert_eq!((crm.count("crm_customers").await?, booked(&crm).await?.len()), (12, 12));
    Ok(())
}
