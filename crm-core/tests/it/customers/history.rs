//! The history of a customer.

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::{ExternalRef, NewCustomer};
use crm_core::page::PageRequest;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, malformed, merge_patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        history_tells_what_changed_and_who_did_it,
        history_comes_in_pages_newest_first,
        the_history_of_the_trash_is_for_those_who_may_restore,
    ]);
}

async fn history_tells_what_changed_and_who_did_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer { email: Some("ann@example.com".into()), ..NewCustomer::person("Ann", "Lee") };
    let written = crm.create(new).await?;
    let change = merge_patch(json!({
        "lastName": "Ray", "email": null, "externalRefs": [{ "system": "erp", "id": "1" }], "customFields": { "tier": "gold" }
    }));
    let actor = crm.actor(Role::Manager).with_request_id("request-7");
    crm.crm.on(actor, &crm.db).customers().update(written.id, change, None).await?;
    crm.admin().customers().delete(written.id, None).await?;
    crm.admin().customers().restore(written.id).await?;

    let history = crm.scope(Role::Viewer).customers().history(written.id, &PageRequest::default()).await?.data;
    let actions: Vec<(&str, i64)> = history.iter().map(|entry| (entry.action.as_str(), entry.version)).collect();
    assert_eq!(actions, [("restored", 4), ("deleted", 3), ("updated", 2), ("created", 1)]);
    let updated = &history[2];
    assert_eq!((updated.actor.id, updated.request_id.as_deref()), (Some(crm.user(Role::Manager)), Some("request-7")));
    let changes: Vec<(&str, &Value, &Value)> =
        updated.changes.iter().map(|change| (change.field.as_str(), &change.from, &change.to)).collect();
    let expected = [
        ("customFields", &json!({}), &json!({ "tier": "gold" })),
        ("email", &json!("ann@example.com"), &json!(null)),
        ("externalRefs", &json!([]), &json!([ExternalRef::new("erp", "1")])),
        ("lastName", &json!("Lee"), &json!("Ray")),
        ("name", &json!("Ann Lee"), &json!("Ann Ray")),
    ];
    assert_eq!(changes, expected);
    let created = &history[3];
    let field = |name: &str| created.changes.iter().find(|change| change.field == name).map(|change| &change.to);
    assert_eq!((field("email"), field("city")), (Some(&json!("ann@example.com")), None));
    assert_eq!(created.at, written.created_at);
    Ok(())
}

async fn history_comes_in_pages_newest_first(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (written, other) = (crm.named("Lee & Co").await?, crm.named("Other").await?);
    for number in 2..=7 {
        let change = merge_patch(json!({ "city": number.to_string() }));
        crm.admin().customers().update(written.id, change, None).await?;
    }
    let mut scope = crm.admin();
    let (mut versions, mut request) = (Vec::new(), PageRequest::default().limit(3));
    loop {
        let page = scope.customers().history(written.id, &request).await?;
        versions.extend(page.data.iter().map(|entry| entry.version));
        let Some(cursor) = page.next_cursor else { break };
        let foreign = scope.customers().history(other.id, &PageRequest::after(&cursor)).await;
        assert_eq!(malformed(foreign), "cursor_invalid");
        request = PageRequest::after(cursor).limit(3);
    }
    assert_eq!(versions, [7, 6, 5, 4, 3, 2, 1]);
    Ok(())
}

async fn the_history_of_the_trash_is_for_those_who_may_restore(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.named("Lee & Co").await?;
    crm.admin().customers().delete(written.id, None).await?;
    let request = PageRequest::default();
    assert_eq!(crm.scope(Role::Manager).customers().history(written.id, &request).await?.data.len(), 2);
    assert_matches!(
        crm.scope(Role::Viewer).customers().history(written.id, &request).await,
        Err(Error::NotFound { .. })
    );
    Ok(())
}
