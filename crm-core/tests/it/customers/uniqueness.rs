//! E-mail addresses and external references are unique.

use crm_core::customers::{Customer, ExternalRef, NewCustomer};
use crm_core::{Conflict, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, merge_patch, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_email_belongs_to_one_customer,
        an_email_becomes_free_in_the_trash_and_is_claimed_on_restore,
        an_archived_customer_keeps_its_email,
        of_many_customers_with_one_email_one_is_created,
        duplicates_are_allowed_where_the_company_says_so,
        duplicates_must_be_resolved_before_they_are_refused_again,
        the_policy_does_not_count_the_trash,
        a_reference_belongs_to_one_customer,
        references_become_free_in_the_trash_and_are_claimed_on_restore,
        references_are_replaced_as_a_whole,
        a_customer_is_found_by_its_reference,
    ]);
}

fn with_email(email: &str) -> NewCustomer {
    NewCustomer { email: Some(email.into()), ..NewCustomer::organization(email) }
}

fn with_refs(references: &[(&str, &str)]) -> NewCustomer {
    let references = references.iter().map(|(system, id)| ExternalRef::new(*system, *id)).collect();
    NewCustomer { external_refs: Some(references), ..NewCustomer::organization("Lee") }
}

fn assert_taken<T: std::fmt::Debug>(result: crm_core::Result<T>) {
    assert_matches!(result, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
}

fn assert_ref_taken<T: std::fmt::Debug>(result: crm_core::Result<T>) {
    assert_matches!(result, Err(Error::Conflict(Conflict::ExternalRefTaken)));
}

async fn allow(crm: &TestCrm, policy: &str) -> crm_core::Result<()> {
    let change = serde_json::from_value(json!({ "duplicatePolicy": policy })).expect("a patch of settings");
    crm.admin().settings().update(change, None).await.map(drop)
}

async fn an_email_belongs_to_one_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = crm.create(with_email("ann@example.com")).await?;
    assert_taken(crm.create(with_email(" ANN@example.com ")).await);
    let bob = crm.create(with_email("bob@example.com")).await?;
    assert_taken(
        crm.admin().customers().update(bob.id, patch(|p| &mut p.email, "Ann@example.com".to_owned()), None).await,
    );
    assert_taken(crm.admin().customers().replace(bob.id, with_email("ann@example.com"), None).await);
    assert_eq!(crm.get(&bob).await?, bob);

    // Another company's customer does not conflict, and neither does one without an address.
    crm.other_company().create(with_email("ann@example.com")).await?;
    crm.named("Without").await?;
    crm.named("Without too").await?;

    crm.admin().customers().update(ann.id, patch(|p| &mut p.email, None::<String>), None).await?;
    crm.admin().customers().update(bob.id, patch(|p| &mut p.email, "ann@example.com".to_owned()), None).await?;
    Ok(())
}

async fn an_email_becomes_free_in_the_trash_and_is_claimed_on_restore(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let first = crm.create(with_email("ann@example.com")).await?;
    crm.admin().customers().delete(first.id, None).await?;
    let second = crm.create(with_email("ann@example.com")).await?;
    assert_taken(crm.admin().customers().restore(first.id).await);
    crm.admin().customers().update(second.id, patch(|p| &mut p.email, "other@example.com".to_owned()), None).await?;
    let restored = crm.admin().customers().restore(first.id).await?;
    assert_eq!(restored.email.as_deref(), Some("ann@example.com"));
    assert_taken(crm.create(with_email("ann@example.com")).await);
    crm.admin().customers().purge(first.id, None).await?;
    crm.create(with_email("ann@example.com")).await?;
    Ok(())
}

async fn an_archived_customer_keeps_its_email(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.create(NewCustomer { is_archived: Some(true), ..with_email("ann@example.com") }).await?;
    assert_taken(crm.create(with_email("ann@example.com")).await);
    Ok(())
}

async fn of_many_customers_with_one_email_one_is_created(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let mut scope = crm.admin();
        writers.spawn(async move { scope.customers().create(with_email("ann@example.com")).await });
    }
    let (created, refused): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(created.len(), 1);
    refused.into_iter().for_each(assert_taken);
    assert_eq!(crm.count("crm_customers").await?, 1);
    Ok(())
}

async fn duplicates_are_allowed_where_the_company_says_so(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let first = crm.create(with_email("ann@example.com")).await?;
    allow(&crm, "allow").await?;
    crm.create(with_email("ann@example.com")).await?;
    crm.admin().customers().delete(first.id, None).await?;
    crm.create(with_email("ann@example.com")).await?;
    crm.admin().customers().restore(first.id).await?;
    // Written again, an old address is still not unique.
    crm.admin().customers().update(first.id, patch(|p| &mut p.city, "Boston".to_owned()), None).await?;
    assert_eq!(crm.count("crm_customers").await?, 3);
    Ok(())
}

async fn duplicates_must_be_resolved_before_they_are_refused_again(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    allow(&crm, "allow").await?;
    let first = crm.create(with_email("ann@example.com")).await?;
    let second = crm.create(with_email("ann@example.com")).await?;
    let settings = crm.admin().settings().get().await?;
    assert_matches!(allow(&crm, "reject").await, Err(Error::Conflict(Conflict::DuplicateEmailsExist)));
    assert_eq!(crm.admin().settings().get().await?, settings);
    crm.create(with_email("ann@example.com")).await?;

    for duplicate in [&first, &second] {
        crm.admin().customers().update(duplicate.id, patch(|p| &mut p.email, None::<String>), None).await?;
    }
    allow(&crm, "reject").await?;
    assert_taken(crm.create(with_email("ann@example.com")).await);
    Ok(())
}

async fn the_policy_does_not_count_the_trash(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    allow(&crm, "allow").await?;
    crm.create(with_email("ann@example.com")).await?;
    let trashed = crm.create(with_email("ann@example.com")).await?;
    crm.admin().customers().delete(trashed.id, None).await?;
    allow(&crm, "reject").await?;
    assert_taken(crm.admin().customers().restore(trashed.id).await);
    allow(&crm, "allow").await?;
    crm.admin().customers().restore(trashed.id).await?;
    Ok(())
}

async fn a_reference_belongs_to_one_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.create(with_refs(&[("erp", "1"), ("shop", "1"), ("erp", "2")])).await?;
    assert_ref_taken(crm.create(with_refs(&[("erp", "2")])).await);
    let other = crm.create(with_refs(&[("shop", "2"), ("ERP", "1")])).await?;
    let taken =
        merge_patch(json!({ "externalRefs": [{ "system": "shop", "id": "2" }, { "system": "shop", "id": "1" }] }));
    assert_ref_taken(crm.admin().customers().update(other.id, taken, None).await);
    assert_eq!(crm.get(&other).await?, other);
    crm.other_company().create(with_refs(&[("erp", "1")])).await?;
    Ok(())
}

async fn references_become_free_in_the_trash_and_are_claimed_on_restore(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let first = crm.create(with_refs(&[("erp", "1"), ("shop", "1")])).await?;
    crm.admin().customers().delete(first.id, None).await?;
    let second = crm.create(with_refs(&[("erp", "1")])).await?;
    assert_ref_taken(crm.admin().customers().restore(first.id).await);
    let by_external = async |id: &str| crm.admin().customers().by_external("erp", id).await;
    assert_eq!(by_external("1").await?.id, second.id);
    crm.admin().customers().update(second.id, merge_patch(json!({ "externalRefs": null })), None).await?;
    assert_matches!(by_external("1").await, Err(Error::NotFound { .. }));
    let restored = crm.admin().customers().restore(first.id).await?;
    assert_eq!(restored.external_refs, first.external_refs);
    assert_eq!(by_external("1").await?, restored);
    assert_ref_taken(crm.create(with_refs(&[("shop", "1")])).await);
    Ok(())
}

async fn references_are_replaced_as_a_whole(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(with_refs(&[("erp", "1"), ("shop", "1")])).await?;
    let change =
        merge_patch(json!({ "externalRefs": [{ "system": "shop", "id": "2" }, { "system": "erp", "id": "1" }] }));
    let patched = crm.admin().customers().update(written.id, change, None).await?;
    assert_eq!(patched.external_refs, [ExternalRef::new("erp", "1"), ExternalRef::new("shop", "2")]);
    assert_eq!(crm.get(&written).await?, patched);
    crm.create(with_refs(&[("shop", "1")])).await?;
    Ok(())
}

async fn a_customer_is_found_by_its_reference(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(with_refs(&[("erp", "É/42 %_")])).await?;
    let find = async |system: &str, id: &str| -> crm_core::Result<Customer> {
        crm.admin().customers().by_external(system, id).await
    };
    assert_eq!(find("erp", "É/42 %_").await?, written);
    assert_eq!(find(" erp", "E\u{301}/42 %_ ").await?, written, "as references are stored");
    for (system, id) in
        [("erp", "é/42 %_"), ("shop", "É/42 %_"), ("erp", "%"), ("erp", ""), ("erp", "É/42\0"), ("\0", "\0")]
    {
        assert_matches!(find(system, id).await, Err(Error::NotFound { .. }));
    }
    let elsewhere = crm.other_company();
    assert_matches!(elsewhere.admin().customers().by_external("erp", "É/42 %_").await, Err(Error::NotFound { .. }));
    Ok(())
}
