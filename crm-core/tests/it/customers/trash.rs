//! Delete, restore, purge.

use crm_core::actor::Role;
use crm_core::audit::Outcome;
use crm_core::customers::{CustomerQuery, CustomerSearch, NewCustomer};
use crm_core::page::PageRequest;
use crm_core::{Conflict, Error, begin_write};
use testkit::{Suite, TestDatabase};

use super::writing::ann;
use crate::support::{TestCrm, assert_matches, names, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_trash_is_seen_only_by_those_who_ask_for_it,
        who_asks_for_the_trash_without_the_right_is_audited,
        a_customer_in_the_trash_cannot_be_written,
        a_customer_comes_back_as_it_was,
        only_what_is_in_the_trash_comes_back,
        a_purged_customer_is_gone_for_good,
        the_trash_shows_archived_customers_too,
    ]);
}

fn trash() -> CustomerQuery {
    CustomerQuery { trashed: true, ..CustomerQuery::default() }
}

async fn the_trash_is_seen_only_by_those_who_ask_for_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let deleted = crm.named("Lee deleted").await?;
    crm.named("Lee live").await?;
    crm.admin().customers().delete(deleted.id, Some(1)).await?;
    assert_eq!(crm.names(&CustomerQuery::default()).await?, ["Lee live"]);
    assert_eq!(crm.names(&trash()).await?, ["Lee deleted"]);
    let page = crm.scope(Role::Manager).customers().list(&trash(), &PageRequest::default()).await?;
    assert!(page.data[0].is_trashed() && page.data[0].deleted_at == Some(page.data[0].updated_at));
    assert_eq!(page.data[0].version, 2);
    assert_matches!(crm.get(&deleted).await, Err(Error::NotFound { .. }));
    for (query, expected) in [(CustomerQuery::default(), "Lee live"), (trash(), "Lee deleted")] {
        let search = CustomerSearch { text: "lee".into(), query };
        let found = crm.admin().customers().search(&search, &PageRequest::default()).await?;
        assert_eq!(found.data.iter().map(|found| found.customer.name.as_str()).collect::<Vec<_>>(), [expected]);
    }
    Ok(())
}

async fn who_asks_for_the_trash_without_the_right_is_audited(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let (request, search) = (PageRequest::default(), CustomerSearch { text: "lee".into(), query: trash() });
    let mut sales = crm.scope(Role::SalesRep);
    assert_matches!(sales.customers().list(&trash(), &request).await, Err(Error::Forbidden { .. }));
    assert_matches!(sales.customers().search(&search, &request).await, Err(Error::Forbidden { .. }));
    // A host's transaction is as it was before, and has nothing to commit.
    let mut tx = begin_write(&crm.db).await?;
    let mut hosted = crm.crm.within(crm.actor(Role::Viewer), &mut tx);
    assert_matches!(hosted.customers().list(&trash(), &request).await, Err(Error::Forbidden { .. }));
    hosted.customers().list(&CustomerQuery::default(), &request).await?;
    drop(hosted);
    tx.commit().await?;

    // Who may is not audited for it, and who asks for something else is not refused.
    crm.scope(Role::Manager).customers().list(&trash(), &request).await?;
    sales.customers().list(&CustomerQuery::default(), &request).await?;
    let trail = crm.admin().audit().list(None, &request).await?.data;
    let denied: Vec<_> = trail.iter().filter(|entry| entry.outcome == Outcome::Denied).collect();
    let told = denied.iter().map(|entry| (entry.entity.as_str(), entry.action.as_str(), entry.actor.id));
    let expected = ("customers", "restore", Some(crm.user(Role::SalesRep)));
    assert_eq!(told.collect::<Vec<_>>(), [expected, expected]);
    assert_eq!(trail.len(), 4, "and what was added, and this look at the trail");
    Ok(())
}

async fn a_customer_in_the_trash_cannot_be_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let deleted = crm.create(ann(&crm)).await?;
    crm.admin().customers().delete(deleted.id, None).await?;
    let before = crm.records().await?;
    let mut scope = crm.admin();
    let mut customers = scope.customers();
    let refused = [
        customers.update(deleted.id, patch(|p| &mut p.city, "Berlin".to_owned()), None).await.map(drop),
        customers.replace(deleted.id, NewCustomer::organization("Lee"), None).await.map(drop),
        customers.delete(deleted.id, None).await,
        customers.by_external("erp", "D-10042").await.map(drop),
    ];
    for refused in refused {
        assert_matches!(refused, Err(Error::NotFound { .. }));
    }
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn a_customer_comes_back_as_it_was(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    crm.admin().customers().delete(written.id, None).await?;
    let restored = crm.scope(Role::Manager).customers().restore(written.id).await?;
    assert_eq!(NewCustomer::from(&restored), NewCustomer::from(&written));
    assert_eq!((restored.version, restored.deleted_at), (3, None));
    assert_eq!(crm.get(&written).await?, restored);
    let search = CustomerSearch { text: "harbour".into(), query: CustomerQuery::default() };
    assert_eq!(crm.admin().customers().search(&search, &PageRequest::default()).await?.data.len(), 1);
    Ok(())
}

async fn only_what_is_in_the_trash_comes_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.named("Lee & Co").await?;
    assert_matches!(crm.admin().customers().restore(written.id).await, Err(Error::Conflict(Conflict::NotInTrash)));
    let stranger = crm_core::ids::CustomerId(uuid::Uuid::new_v4());
    assert_matches!(crm.admin().customers().restore(stranger).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_purged_customer_is_gone_for_good(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for trashed in [false, true] {
        let written = crm.create(ann(&crm)).await?;
        if trashed {
            crm.admin().customers().delete(written.id, None).await?;
        }
        crm.admin().customers().purge(written.id, None).await?;
        let mut scope = crm.admin();
        let mut customers = scope.customers();
        assert_matches!(customers.get(written.id).await, Err(Error::NotFound { .. }));
        assert_matches!(customers.restore(written.id).await, Err(Error::NotFound { .. }));
        assert_matches!(customers.purge(written.id, None).await, Err(Error::NotFound { .. }));
        assert_matches!(customers.history(written.id, &PageRequest::default()).await, Err(Error::NotFound { .. }));
    }
    assert_eq!(crm.names(&trash()).await?, Vec::<String>::new());
    assert_eq!([crm.count("crm_customers").await?, crm.count("crm_customer_external_refs").await?], [0, 0]);
    // History has what the customer had; the audit trail has none of it and stays.
    assert!(!crm.dump("crm_changes").await?.contains("Harbour"));
    let audit = crm.admin().audit().list(None, &PageRequest::default().limit(100)).await?;
    assert_eq!(audit.data.iter().filter(|entry| entry.action == "purged").count(), 2);
    Ok(())
}

async fn the_trash_shows_archived_customers_too(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let archived = crm.create(NewCustomer { is_archived: Some(true), ..NewCustomer::organization("Lee") }).await?;
    crm.admin().customers().delete(archived.id, None).await?;
    let page = crm.admin().customers().list(&trash(), &PageRequest::default()).await?;
    assert_eq!(names(&page), ["Lee"]);
    assert!(crm.admin().customers().restore(archived.id).await?.is_archived);
    Ok(())
}
