//! What keeps a person from being erased: a hold, and the host.

use async_trait::async_trait;
use crm_core::actor::Role;
use crm_core::customers::{MergeCustomers, NewCustomer};
use crm_core::leads::NewLead;
use crm_core::privacy::{ErasureGuard, ErasureRequest, SetLegalHold};
use crm_core::{Conflict, Crm, Error, Result};
use testkit::{Suite, TestDatabase};

use super::because;
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_legal_hold_keeps_a_customer,
        a_hold_of_a_merged_customer_keeps_the_survivor,
        a_hold_has_a_reason_and_is_audited,
        a_host_refuses_with_a_reason,
        a_host_is_not_asked_about_what_is_not_there,
    ]);
}

fn held() -> SetLegalHold {
    SetLegalHold::because("Case 7 B 12/26")
}

async fn a_legal_hold_keeps_a_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.create(NewCustomer::person("Ann", "Lee")).await?;
    let mut admin = crm.admin();
    assert!(!admin.privacy().legal_hold(customer.id).await?.is_held);
    let hold = admin.privacy().set_legal_hold(customer.id, held()).await?;
    assert_eq!((hold.is_held, hold.reason.as_deref()), (true, Some("Case 7 B 12/26")));
    assert_eq!(crm.scope(Role::Viewer).privacy().legal_hold(customer.id).await?, hold);
    for request in [because(), because().dry_run()] {
        let refused = admin.privacy().erase(customer.id, request).await;
        assert_matches!(refused, Err(Error::Conflict(Conflict::LegalHold)));
    }
    let refused = admin.customers().purge(customer.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LegalHold)));
    // It can go to the trash, and is not purged there either.
    admin.customers().delete(customer.id, None).await?;
    let refused = admin.customers().purge(customer.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LegalHold)));
    let released = admin.privacy().set_legal_hold(customer.id, SetLegalHold::released("Case closed")).await?;
    assert_eq!((released.is_held, released.held_at), (false, None));
    admin.privacy().erase(customer.id, because()).await?;
    Ok(())
}

async fn a_hold_of_a_merged_customer_keeps_the_survivor(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (survivor, loser) = (crm.named("Lee & Co").await?, crm.named("Lee and Company").await?);
    crm.admin().privacy().set_legal_hold(loser.id, held()).await?;
    crm.admin().customers().merge(MergeCustomers::new(survivor.id, [loser.id])).await?;
    let refused = crm.admin().privacy().erase(survivor.id, because()).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LegalHold)));
    let refused = crm.admin().customers().purge(survivor.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LegalHold)));
    Ok(())
}

async fn a_hold_has_a_reason_and_is_audited(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.create(NewCustomer::person("Ann", "Lee")).await?;
    let refused = crm.admin().privacy().set_legal_hold(customer.id, SetLegalHold::because(" ")).await;
    assert_eq!(violation(refused, "/reason"), "required");
    let refused = crm.admin().privacy().set_legal_hold(customer.id, SetLegalHold::because("Ann Lee sues us")).await;
    assert_eq!(violation(refused, "/reason"), "personal_data");
    let refused = crm.scope(Role::Manager).privacy().set_legal_hold(customer.id, held()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    let theirs = crm.other_company().admin().privacy().set_legal_hold(customer.id, held()).await;
    assert_matches!(theirs, Err(Error::NotFound { .. }));
    crm.admin().privacy().set_legal_hold(customer.id, held()).await?;
    let audited = crm.dump("crm_audit").await?;
    assert!(audited.contains("held") && audited.contains("Case 7 B 12/26"), "{audited}");
    Ok(())
}

/// Has an open invoice with everybody.
struct Erp;

#[async_trait]
impl ErasureGuard for Erp {
    fn name(&self) -> &str {
        "erp"
    }

    async fn refusal(&self, request: &ErasureRequest) -> Result<Option<String>> {
        assert!(!request.ids.is_empty());
        Ok(Some("invoice 4711 is open".to_owned()))
    }
}

async fn a_host_refuses_with_a_reason(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().erasure_guard(Erp));
    let customer = crm.create(NewCustomer::person("Ann", "Lee")).await?;
    let lead = crm.admin().leads().create(NewLead::person("Bob", "Stone")).await?;
    for request in [because(), because().dry_run()] {
        let refused = crm.admin().privacy().erase(customer.id, request.clone()).await;
        assert_matches!(refused, Err(Error::ErasureRefused { by, reason }) if by == "erp" && reason == "invoice 4711 is open");
        let refused = crm.admin().privacy().erase(lead.id, request).await;
        assert_matches!(refused, Err(Error::ErasureRefused { .. }));
    }
    assert_eq!(crm.get(&customer).await?, customer);
    Ok(())
}

async fn a_host_is_not_asked_about_what_is_not_there(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().erasure_guard(Erp));
    let customer = crm.create(NewCustomer::person("Ann", "Lee")).await?;
    let theirs = crm.other_company().admin().privacy().erase(customer.id, because()).await;
    assert_matches!(theirs, Err(Error::NotFound { .. }));
    let refused = crm.scope(Role::Manager).privacy().erase(customer.id, because()).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    Ok(())
}
