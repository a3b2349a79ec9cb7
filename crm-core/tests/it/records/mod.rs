//! The three records of a write: history, audit trail, events.

mod audit;
mod deliveries;
mod events;
mod feed;
mod follow;

use crm_core::customers::NewCustomer;
use crm_core::{Crm, Error};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, merge_patch, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        every_write_leaves_one_row_in_each_record,
        the_records_of_a_write_agree,
        a_write_that_fails_leaves_no_record,
        a_transaction_that_is_dropped_leaves_no_record,
        what_is_written_together_is_recorded_together,
        neither_audit_nor_events_hold_personal_data,
    ]);
    audit::register(suite);
    deliveries::register(suite);
    events::register(suite);
    feed::register(suite);
    follow::register(suite);
}

async fn every_write_leaves_one_row_in_each_record(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    assert_eq!(crm.records().await?, [1, 1, 1]);
    crm.admin().customers().update(customer.id, patch(|p| &mut p.city, "Boston".to_owned()), None).await?;
    assert_eq!(crm.records().await?, [2, 2, 2]);
    crm.admin().customers().replace(customer.id, NewCustomer::organization("Lee"), None).await?;
    assert_eq!(crm.records().await?, [3, 3, 3]);
    crm.admin().customers().delete(customer.id, None).await?;
    assert_eq!(crm.records().await?, [4, 4, 4]);
    crm.admin().customers().restore(customer.id).await?;
    assert_eq!(crm.records().await?, [5, 5, 5]);
    // The history goes with the customer, but for its end.
    crm.admin().customers().purge(customer.id, None).await?;
    assert_eq!(crm.records().await?, [1, 6, 6]);
    crm.admin().settings().update(serde_json::from_str(r#"{"timeZone": "Europe/Berlin"}"#)?, None).await?;
    assert_eq!(crm.records().await?, [2, 7, 7]);
    Ok(())
}

async fn the_records_of_a_write_agree(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let change = merge_patch(serde_json::json!({ "city": "Boston", "state": "Massachusetts" }));
    crm.admin().customers().update(customer.id, change, None).await?;

    let history = crm.admin().customers().history(customer.id, &Default::default()).await?.data;
    let audit = crm.admin().audit().list(Some(customer.id.0), &Default::default()).await?.data;
    for (change, entry) in history.iter().zip(&audit) {
        assert_eq!((change.at, &change.action, &change.actor), (entry.at, &entry.action, &entry.actor));
        let changed: Vec<&str> = change.changes.iter().map(|change| change.field.as_str()).collect();
        let audited: Vec<&str> = entry.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(changed, audited);
        let event = crm.dump("crm_outbox").await?;
        assert!(event.contains(&format!("crm.customer.{}", change.action)));
    }
    assert_eq!((history.len(), audit.len()), (2, 2));
    Ok(())
}

async fn a_write_that_fails_leaves_no_record(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Ann", "Lee") };
    let customer = crm.create(ann.clone()).await?;
    let mut scope = crm.admin();
    let mut customers = scope.customers();
    assert_matches!(customers.create(ann).await, Err(Error::Conflict(_)));
    assert_matches!(customers.create(NewCustomer::default()).await, Err(Error::Invalid(_)));
    assert_matches!(customers.update(customer.id, Default::default(), Some(7)).await, Err(Error::Stale { .. }));
    assert_matches!(customers.restore(customer.id).await, Err(Error::Conflict(_)));
    assert_eq!(crm.records().await?, [1, 1, 1]);
    Ok(())
}

async fn a_transaction_that_is_dropped_leaves_no_record(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    tx.scope().customers().create(NewCustomer::organization("Lee & Co")).await?;
    drop(tx);
    assert_eq!(crm.records().await?, [0, 0, 0]);
    assert_eq!(crm.count("crm_customers").await?, 0);
    // The pool is as good as before.
    for _ in 0..20 {
        crm.named("Lee & Co").await?;
    }
    Ok(())
}

async fn what_is_written_together_is_recorded_together(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    let ann = tx.scope().customers().create(NewCustomer::person("Ann", "Lee")).await?;
    // A write that fails inside is undone alone.
    assert_matches!(tx.scope().customers().create(NewCustomer::default()).await, Err(Error::Invalid(_)));
    tx.scope().customers().update(ann.id, patch(|p| &mut p.city, "Boston".to_owned()), Some(1)).await?;
    assert_eq!(tx.scope().customers().get(ann.id).await?.version, 2);
    assert_matches!(crm.get(&ann).await, Err(Error::NotFound { .. }));
    tx.commit().await?;
    assert_eq!(crm.get(&ann).await?.version, 2);
    assert_eq!(crm.records().await?, [2, 2, 2]);
    Ok(())
}

async fn neither_audit_nor_events_hold_personal_data(database: TestDatabase) -> anyhow::Result<()> {
    for builder in [Crm::builder(), Crm::builder().audit_key(*b"a secret of thirty-two bytes ...")] {
        let crm = TestCrm::with(&database, builder);
        let canary = |field: &str| Some(format!("canary-{field}"));
        let secret = serde_json::json!({ "canary-key": { "deep": "canary-value" } });
        let new = NewCustomer {
            name: canary("name"),
            first_name: canary("first"),
            last_name: canary("last"),
            email: Some("canary@example.com".into()),
            phone: Some("canary +49 30 901820".into()),
            organization_name: canary("organization"),
            job_title: canary("job"),
            website: Some("https://canary.example.com".into()),
            address: canary("address"),
            address_line2: canary("line2"),
            city: canary("city"),
            state: canary("state"),
            zip_code: canary("zip"),
            country: canary("country"),
            source: canary("source"),
            external_refs: Some(vec![crm_core::customers::ExternalRef::new("erp", "canary-ref")]),
            custom_fields: secret.as_object().cloned(),
            metadata: secret.as_object().cloned(),
            ..NewCustomer::default()
        };
        let actor = crm.actor(crm_core::actor::Role::Admin);
        let actor = actor.with_profile(Some("canary user".into()), Some("canary-user@example.com".into()));
        let mut scope = crm.crm.on(actor, &crm.db);
        let customer = scope.customers().create(new.clone()).await?;
        scope.customers().update(customer.id, merge_patch(serde_json::json!({ "city": "canary-2" })), None).await?;
        assert_matches!(scope.customers().create(new).await, Err(Error::Conflict(_)));
        scope.customers().delete(customer.id, None).await?;
        scope.customers().restore(customer.id).await?;
        // The search itself works: the history does hold what it must.
        assert!(crm.dump("crm_changes").await?.contains("canary-ref"));
        scope.customers().purge(customer.id, None).await?;

        for table in ["crm_audit", "crm_outbox", "crm_changes"] {
            let dump = crm.dump(table).await?.to_lowercase();
            assert!(dump.lines().count() > 0);
            for needle in ["canary", "901820", "example.com"] {
                assert!(!dump.contains(needle), "{needle} in {table}: {dump}");
            }
        }
    }
    Ok(())
}
