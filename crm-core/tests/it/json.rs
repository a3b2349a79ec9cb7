//! JSON of customers is returned unchanged by both databases.

use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::page::PageRequest;
use crm_core::{Error, IdempotencyKey, Violation};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        numbers_survive,
        what_nests_too_deep_is_refused,
        what_nests_deep_can_be_read_everywhere,
        a_purge_takes_stored_answers_along,
    ]);
}

fn keeping(value: Value) -> NewCustomer {
    let custom_fields = json!({ "value": value }).as_object().cloned();
    NewCustomer { custom_fields, ..NewCustomer::organization("Keeper") }
}

/// So many lists in each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

async fn numbers_survive(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for number in [1.797_693_134_862_315_7e308, 123_456_789.123_456_79, 0.1, -2.5e-10] {
        let written = crm.admin().customers().create(keeping(json!(number))).await?;
        assert_eq!(crm.admin().customers().get(written.id).await?, written);
    }
    let page = crm.admin().customers().list(&CustomerQuery::default(), &PageRequest::default()).await?;
    assert_eq!(page.data.len(), 4);
    Ok(())
}

async fn what_nests_too_deep_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let Err(Error::Invalid(violations)) = crm.admin().customers().create(keeping(nested(32))).await else {
        panic!("it was not refused");
    };
    let faults: Vec<_> = violations.0.iter().map(|Violation { pointer, code, .. }| (&**pointer, &**code)).collect();
    assert_eq!(faults, [("/customFields", "too_deep")]);
    Ok(())
}

async fn what_nests_deep_can_be_read_everywhere(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.admin().customers().create(keeping(nested(31))).await?;
    assert_eq!(crm.admin().customers().get(written.id).await?, written);
    assert_eq!(crm.admin().customers().history(written.id, &PageRequest::default()).await?.data.len(), 1);
    Ok(())
}

async fn a_purge_takes_stored_answers_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let key = IdempotencyKey::new("customers.create", "key", "fingerprint")?;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| scope.customers().create(keeping(json!(1))).await;
    let customer = crm.admin().once(&key, create).await?.into_inner();
    crm.admin().customers().purge(customer.id, None).await?;
    assert_eq!(crm.count("crm_idempotency_keys").await?, 0);
    Ok(())
}
