//! The audit trail, including refusals.

use crm_core::Crm;
use crm_core::actor::{ActorKind, Role};
use crm_core::audit::{AuditEntry, AuditQuery, Outcome};
use crm_core::customers::NewCustomer;
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, malformed, merge_patch, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [a_crm_shows_nobody_its_key]);
    testkit::tests!(suite, databases: [
        the_audit_tells_who_did_what_on_whose_request,
        a_request_id_with_control_characters_does_no_harm,
        the_audit_names_fields_only_without_a_key,
        with_a_key_a_value_can_be_proven_but_not_read,
        a_refusal_is_audited_though_its_write_is_rolled_back,
        a_refusal_in_a_hosts_transaction_shares_its_outcome,
        a_refusal_inside_a_transaction_is_audited_once,
        reading_the_audit_is_audited,
        the_audit_comes_in_pages_of_one_record_or_of_all,
        the_audit_is_filtered_by_actor_kind_action_outcome_and_time,
    ]);
}

async fn entries(crm: &TestCrm, id: CustomerId) -> crm_core::Result<Vec<AuditEntry>> {
    Ok(crm.admin().audit().list(Some(id.0), &PageRequest::default().limit(100)).await?.data)
}

async fn the_audit_tells_who_did_what_on_whose_request(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let actor = crm.actor(Role::Manager).with_request_id("request-7").with_address("2001:db8::7".parse()?);
    let customer = crm.crm.on(actor, &crm.db).customers().create(NewCustomer::organization("Lee & Co")).await?;
    let system = crm_core::actor::Actor::system(crm.company);
    crm.crm.on(system, &crm.db).customers().delete(customer.id, None).await?;

    let [deleted, created] = entries(&crm, customer.id).await?.try_into().expect("two entries");
    assert_eq!(
        (created.action.as_str(), created.entity.as_str(), created.outcome),
        ("created", "customer", Outcome::Success)
    );
    assert_eq!((created.actor.id, created.request_id.as_deref()), (Some(crm.user(Role::Manager)), Some("request-7")));
    assert_eq!((created.address.as_deref(), &deleted.address), (Some("2001:db8::7"), &None));
    assert_eq!(created.at, customer.created_at);
    assert_eq!((deleted.action.as_str(), deleted.actor.kind, deleted.request_id), ("deleted", ActorKind::System, None));
    Ok(())
}

fn a_crm_shows_nobody_its_key() {
    let builder = Crm::builder().audit_key(*b"a secret of thirty-two bytes ...");
    let shown = [format!("{builder:?}"), format!("{:?}", builder.build())].concat();
    // As text or as a list of bytes.
    assert!(!shown.contains("secret") && !shown.contains("115, 101"), "{shown}");
}

/// Request ids come from outside.
async fn a_request_id_with_control_characters_does_no_harm(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (given, stored) in [(" a\0b\nc ", Some("a b c")), ("\0", None)] {
        let actor = crm.actor(Role::Admin).with_request_id(given);
        let written = crm.crm.on(actor, &crm.db).customers().create(NewCustomer::organization("Lee & Co")).await?;
        assert_eq!(entries(&crm, written.id).await?[0].request_id.as_deref(), stored);
    }
    Ok(())
}

async fn the_audit_names_fields_only_without_a_key(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let change = merge_patch(json!({ "zipCode": "02110", "city": "Boston" }));
    crm.admin().customers().update(customer.id, change, None).await?;
    let entry = json!(entries(&crm, customer.id).await?[0]);
    assert_eq!(entry["fields"], json!([{ "field": "city" }, { "field": "zipCode" }]));
    assert_eq!(entry["details"], json!({}));
    Ok(())
}

async fn with_a_key_a_value_can_be_proven_but_not_read(database: TestDatabase) -> anyhow::Result<()> {
    let key = b"a secret of thirty-two bytes ...";
    let digest = |key: &[u8], value: Value| -> anyhow::Result<Value> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key)?;
        mac.update(value.to_string().as_bytes());
        Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    };
    let crm = TestCrm::with(&database, Crm::builder().audit_key(*key));
    let customer = crm.named("Lee & Co").await?;
    for city in [json!("Boston"), json!("Berlin"), json!(null)] {
        crm.admin().customers().update(customer.id, merge_patch(json!({ "city": city })), None).await?;
    }
    let proofs: Vec<Value> =
        entries(&crm, customer.id).await?.into_iter().map(|entry| json!(entry.fields[0])).collect();
    let (boston, berlin) = (digest(key, json!("Boston"))?, digest(key, json!("Berlin"))?);
    assert_eq!(
        proofs[..3],
        [
            json!({ "field": "city", "from": berlin }),
            json!({ "field": "city", "from": boston, "to": berlin }),
            json!({ "field": "city", "to": boston }),
        ]
    );
    assert_ne!(digest(b"another secret of 32 bytes ......", json!("Boston"))?, boston);
    Ok(())
}

async fn a_refusal_is_audited_though_its_write_is_rolled_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let before = crm.records().await?;
    let mut viewer = crm.crm.on(crm.actor(Role::Viewer).with_request_id("request-7"), &crm.db);
    let refused = [
        viewer.customers().update(customer.id, patch(|p| &mut p.city, "Boston".to_owned()), None).await.map(drop),
        viewer.customers().delete(customer.id, None).await,
        viewer.customers().purge(customer.id, None).await,
        viewer.customers().create(NewCustomer::default()).await.map(drop),
    ];
    refused.into_iter().for_each(|refused| assert_matches!(refused, Err(crm_core::Error::Forbidden { .. })));
    assert_eq!(crm.get(&customer).await?, customer);
    assert_eq!(crm.records().await?, [before[0], before[1] + 4, before[2]]);

    let denied: Vec<AuditEntry> = entries(&crm, customer.id).await?;
    let denied: Vec<&AuditEntry> = denied.iter().filter(|entry| entry.outcome == Outcome::Denied).collect();
    let actions: Vec<&str> = denied.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["purge", "delete", "update"]);
    for entry in denied {
        assert_eq!((entry.actor.id, entry.request_id.as_deref()), (Some(crm.user(Role::Viewer)), Some("request-7")));
        assert!(entry.fields.is_empty() && entry.details.is_empty());
    }
    Ok(())
}

async fn a_refusal_in_a_hosts_transaction_shares_its_outcome(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.ensure_mirrored(Role::Viewer).await?;
    let before = crm.records().await?;
    for commit in [false, true] {
        let mut tx = crm_core::begin_write(&crm.db).await?;
        let refused = crm.crm.within(crm.actor(Role::Viewer), &mut tx).customers().delete(customer.id, None).await;
        assert_matches!(refused, Err(crm_core::Error::Forbidden { .. }));
        if commit {
            tx.commit().await?
        } else {
            tx.rollback().await?
        }
        assert_eq!(crm.records().await?, [before[0], before[1] + i64::from(commit), before[2]]);
    }
    Ok(())
}

async fn a_refusal_inside_a_transaction_is_audited_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.ensure_mirrored(Role::Viewer).await?;
    let mut viewer = crm.scope(Role::Viewer);
    let key = crm_core::IdempotencyKey::new("create", "key", "")?;
    let refused = viewer
        .once(&key, async |scope| scope.customers().create(NewCustomer::organization("Lee")).await.map(|_| ()))
        .await;
    assert_matches!(refused, Err(crm_core::Error::Forbidden { .. }));
    assert_eq!(crm.records().await?, [0, 1, 0]);

    // Who goes on after a refusal has it on record nevertheless.
    let mut tx = viewer.begin().await?;
    assert_matches!(
        tx.scope().customers().create(NewCustomer::default()).await,
        Err(crm_core::Error::Forbidden { .. })
    );
    tx.commit().await?;
    assert_eq!(crm.records().await?, [0, 2, 0]);
    Ok(())
}

async fn reading_the_audit_is_audited(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    entries(&crm, customer.id).await?;
    let refused = crm.scope(Role::Manager).audit().list(None, &PageRequest::default()).await;
    assert_matches!(refused, Err(crm_core::Error::Forbidden { .. }));

    let trail = crm.admin().audit().list(None, &PageRequest::default()).await?.data;
    let told: Vec<(&str, &str, Outcome)> =
        trail.iter().map(|entry| (entry.entity.as_str(), entry.action.as_str(), entry.outcome)).collect();
    let expected = [
        ("audit", "read", Outcome::Success),
        ("audit", "read", Outcome::Denied),
        ("audit", "read", Outcome::Success),
        ("customer", "created", Outcome::Success),
    ];
    assert_eq!(told, expected);
    assert_eq!(json!(trail[2].details), json!({ "entityId": customer.id }));
    assert_eq!(trail[2].fields, []);
    Ok(())
}

async fn the_audit_comes_in_pages_of_one_record_or_of_all(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.named("Other").await?;
    for number in 2..=6 {
        crm.admin().customers().update(customer.id, merge_patch(json!({ "city": number.to_string() })), None).await?;
    }
    let mut admin = crm.admin();
    let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(4));
    while let Some(cursor) = {
        let page = admin.audit().list(Some(customer.id.0), &request).await?;
        read.extend(page.data.into_iter().map(|entry| entry.action));
        page.next_cursor
    } {
        assert_eq!(malformed(admin.audit().list(None, &PageRequest::after(&cursor)).await), "cursor_invalid");
        request = PageRequest::after(cursor).limit(4);
    }
    assert_eq!(read, ["updated", "updated", "updated", "updated", "updated", "created"]);
    Ok(())
}

async fn the_audit_is_filtered_by_actor_kind_action_outcome_and_time(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut manager = crm.scope(Role::Manager);
    let customer = manager.customers().create(NewCustomer::organization("Lee & Co")).await?;
    manager.customers().update(customer.id, merge_patch(json!({ "city": "Oslo" })), None).await?;
    manager.audit().list(None, &PageRequest::default()).await.expect_err("a refusal");
    crm.named("Other").await?;
    let all = || AuditQuery::default();
    let manager = Some(crm.user(Role::Manager));
    let queries = [
        (AuditQuery { actor_id: manager, ..all() }, vec!["read", "updated", "created"]),
        (AuditQuery { actor_id: manager, action: Some("created".to_owned()), ..all() }, vec!["created"]),
        (AuditQuery { entity: Some("customer".to_owned()), ..all() }, vec!["created", "updated", "created"]),
        (AuditQuery { outcome: Some(Outcome::Denied), ..all() }, vec!["read"]),
        (AuditQuery { outcome: Some(Outcome::Success), actor_id: manager, ..all() }, vec!["updated", "created"]),
        (AuditQuery { action: Some("read".to_owned()), actor_id: manager, ..all() }, vec!["read"]),
        (AuditQuery { entity: Some("audit".to_owned()), actor_id: manager, ..all() }, vec!["read"]),
        (AuditQuery { until: Some(customer.created_at), ..all() }, vec![]),
        (
            AuditQuery { since: Some(customer.created_at), actor_id: manager, ..all() },
            vec!["read", "updated", "created"],
        ),
    ];
    for (query, expected) in queries {
        let found = crm.admin().audit().list(query.clone(), &PageRequest::default()).await?.data;
        assert_eq!(found.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), expected, "{query:?}");
    }
    Ok(())
}
