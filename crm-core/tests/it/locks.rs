//! Which writes block each other on PostgreSQL. SQLite has one writer.

use std::time::Duration;

use crm_core::Conflict;
use crm_core::Error;
use crm_core::tags::NewTag;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use testkit::{Backend, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        postgres: [
            what_refers_to_a_customer_is_added_while_they_are_written,
            a_merge_and_the_trash_wait_for_each_other,
        ];
        databases: [a_company_has_so_many_tags]
    );
}

async fn what_refers_to_a_customer_is_added_while_they_are_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    let change = patch(|p| &mut p.city, "Boston".to_owned());
    tx.scope().customers().update(customer, change, None).await?;
    // As a foreign key of a host's table does.
    let host = crm.db.begin().await?;
    host.execute_unprepared("SET LOCAL lock_timeout = '5s'").await?;
    let refer = "SELECT 1 FROM crm_customers WHERE company_id = $1 AND id = $2 FOR KEY SHARE";
    let values = [crm.company.0.into(), customer.0.into()];
    host.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, refer, values)).await?;
    host.commit().await?;
    tx.commit().await?;
    Ok(())
}

async fn a_merge_and_the_trash_wait_for_each_other(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut admin = crm.admin();
    let tagged = admin.customer_tags(customer).add(["Old"]).await?;
    let (old, new) = (tagged[0].id, admin.tags().create(NewTag::named("New")).await?.id);
    // The customer goes to the trash while the merge is not committed yet.
    let mut tx = admin.begin().await?;
    tx.scope().tags().merge(old, new, None).await?;
    let mut other = crm.admin();
    let mut trash = tokio::spawn(async move { other.customers().delete(customer, None).await });
    let waits = tokio::time::timeout(Duration::from_millis(300), &mut trash).await;
    tx.commit().await?;
    if waits.is_err() {
        trash.await??;
    }
    assert_eq!(crm.admin().tags().get(new).await?.usage_count, 0, "who is in the trash does not count");
    crm.admin().customers().restore(customer).await?;
    assert_eq!(crm.admin().tags().get(new).await?.usage_count, 1);
    Ok(())
}

async fn a_company_has_so_many_tags(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let id = match database.backend {
        Backend::Postgres => "gen_random_uuid()",
        Backend::Sqlite => "randomblob(16)",
    };
    let fill = format!(
        "INSERT INTO crm_tags (company_id, id, version, created_at, updated_at, name, name_key, search_text, \
         created_by_kind, updated_by_kind) \
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999) \
         SELECT $1, {id}, 1, $2, $2, 'tag-' || n, 'tag-' || n, 'tag-' || n, 'system', 'system' FROM numbers"
    );
    let values = [crm.company.0.into(), chrono::Utc::now().into()];
    crm.db.execute_raw(Statement::from_sql_and_values(crm.db.get_database_backend(), fill, values)).await?;
    let mut admin = crm.admin();
    assert_matches!(
        admin.customer_tags(customer).add(["One", "Two"]).await,
        Err(Error::Conflict(Conflict::TooManyTags))
    );
    admin.customer_tags(customer).add(["One"]).await?;
    let refused = admin.tags().create(NewTag::named("Two")).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::TooManyTags)));
    // Those that are there can be given.
    admin.customer_tags(customer).add(["one", "tag-7"]).await?;
    Ok(())
}
