//! The audit trail: complete, for administrators, without secrets.

use crm_core::actor::Role;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use serde_json::json;
use testkit::{Suite, TestDatabase};
use user_management::Error;
use user_management::audit::AuditQuery;
use user_management::users::UserPatch;

use crate::support::{PASSWORD, service};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [changes_are_recorded_without_secrets, pages_are_newest_first]);
}

async fn changes_are_recorded_without_secrets(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme", "ann@acme.example").await;
    let (_, other) = service.company("Zoo", "zoe@zoo.example").await;
    let (bob, viewer) = service.member(&admin, "bob@acme.example", Role::Viewer).await;
    let patch = UserPatch {
        role: Patch::Set(Role::Manager),
        email: Patch::Set("robert@acme.example".into()),
        ..UserPatch::default()
    };
    service.um.users(&admin).update(bob.id, patch, None).await.expect("changed");
    let reset = service.um.users(&admin).reset_for(bob.id).await.expect("sent").expect("a link");
    service.wait(1);
    service
        .um
        .reset_password(&reset.token, crate::support::secret("a quite different password 8"))
        .await
        .expect("reset");

    let audit = service.um.audit(&admin);
    assert!(matches!(
        service.um.audit(&viewer).list(&AuditQuery::default(), &PageRequest::default()).await,
        Err(Error::Forbidden)
    ));
    let of_bob = AuditQuery { user_id: Some(bob.id), action: None };
    let page = audit.list(&of_bob, &PageRequest::default()).await.expect("a page");
    let mut actions: Vec<_> = page.data.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions.first(), Some(&"user.password_reset"));
    actions.sort_unstable();
    let expected =
        ["user.invitation_accepted", "user.invited", "user.password_reset", "user.reset_sent", "user.updated"];
    assert_eq!(actions, expected);
    let updated = page.data.iter().find(|entry| entry.action == "user.updated").expect("an entry");
    let changes = json!({ "role": { "from": "viewer", "to": "manager" }, "email": { "changed": true } });
    assert_eq!((&updated.changes, updated.actor_id), (&changes, Some(admin.user)));
    assert_eq!((updated.address.as_deref(), updated.request_id.as_deref()), (Some("192.0.2.7"), Some("r-1")));
    assert_eq!(page.data[0].changes, json!({ "password": { "changed": true } }));
    let all = audit.list(&AuditQuery::default(), &PageRequest::default()).await.expect("a page");
    let text = serde_json::to_string(&all.data).expect("JSON");
    for secret in [PASSWORD, "different password", "@acme.example", "zoo", "Zoo"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let theirs = service.um.audit(&other).list(&of_bob, &PageRequest::default()).await.expect("a page");
    assert!(theirs.data.is_empty());
}

async fn pages_are_newest_first(database: TestDatabase) {
    let service = service(&database).await;
    let (_, admin) = service.company("Acme 0", "ann@acme.example").await;
    for number in 1..8 {
        // Two share each time.
        service.wait(number % 2);
        service.um.company(&admin).rename(&format!("Acme {number}"), None).await.expect("renamed");
    }
    let query = AuditQuery { action: Some("company.renamed".into()), user_id: None };
    let (mut entries, mut request) = (Vec::new(), PageRequest::default().limit(3));
    loop {
        let page = service.um.audit(&admin).list(&query, &request).await.expect("a page");
        entries.extend(page.data);
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(3),
            None => break,
        }
    }
    assert_eq!(entries.len(), 7);
    assert!(entries.is_sorted_by(|one, next| one.at >= next.at && one.id != next.id));
}
