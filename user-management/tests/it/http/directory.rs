//! Companies and users for services that keep copies.

use std::collections::BTreeSet;

use crm_core::actor::Role;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, Query};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::support::{Api, text};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        pages_hold_all_users_once,
        changes_and_removals_are_seen,
        companies_are_listed,
        only_services_read_it,
    ]);
}

/// All users, page by page, and the number of pages.
async fn all(api: &Api, query: &str) -> (Vec<Value>, usize) {
    let (mut users, mut pages, mut path) = (Vec::new(), 0, format!("/api/directory/users?{query}"));
    loop {
        let page = api.client().get(path).await.ok();
        users.extend(page["data"].as_array().expect("users").iter().cloned());
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/directory/users?cursor={cursor}&{query}"),
            None => return (users, pages),
        }
        assert!(pages < 10, "it does not end");
    }
}

/// Members of Acme, all of the same moment.
async fn add_many(api: &Api, count: usize) {
    let now = api.world.now();
    let mut users = Query::insert().into_table("um_users").to_owned();
    users.columns(["id", "version", "created_at", "updated_at", "email"]);
    let mut members = Query::insert().into_table("um_memberships").to_owned();
    members.columns([
        "company_id",
        "user_id",
        "version",
        "created_at",
        "updated_at",
        "name_key",
        "role",
        "status",
        "permissions",
        "generation",
    ]);
    for index in 0..count {
        let id = Uuid::now_v7();
        let address = format!("user-{index}@example.com");
        users.values_panic([id.into(), 1_i64.into(), now.into(), now.into(), address.clone().into()]);
        let row: [Expr; 10] = [
            api.acme.into(),
            id.into(),
            1_i64.into(),
            now.into(),
            now.into(),
            address.into(),
            Role::Viewer.into(),
            "active".into(),
            json!([]).into(),
            1_i64.into(),
        ];
        members.values_panic(row);
    }
    api.world.db.execute(&users).await.expect("users");
    api.world.db.execute(&members).await.expect("members");
}

async fn pages_hold_all_users_once(database: TestDatabase) {
    let api = Api::new(&database).await;
    add_many(&api, 1_100).await;
    let (users, pages) = all(&api, "").await;
    assert_eq!((users.len(), pages), (1_101, 3), "with Ann");
    let ids: BTreeSet<String> = users.iter().map(|user| text(user, "/userId")).collect();
    assert_eq!(ids.len(), users.len());
    let times: Vec<String> = users.iter().map(|user| text(user, "/updatedAt")).collect();
    assert!(times.is_sorted());
}

async fn changes_and_removals_are_seen(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (bob, _) = api.member(api.acme, Role::Viewer).await;
    let (eve, _) = api.member(api.acme, Role::Manager).await;
    let admin = api.admin().await;
    api.world.advance(60);
    let since = api.world.now().to_rfc3339().replace('+', "%2B");
    let changed = async || {
        let (users, _) = all(&api, &format!("changedSince={since}")).await;
        users.iter().map(|user| (text(user, "/userId"), text(user, "/status"))).collect::<Vec<_>>()
    };
    assert_eq!(changed().await, []);
    admin.patch(format!("/api/users/{bob}"), &json!({ "name": "Robert" })).await.expect(200);
    assert_eq!(changed().await, [(bob.to_string(), "active".to_owned())]);
    api.world.advance(1);
    admin.delete(format!("/api/users/{eve}")).await.expect(204);
    api.world.advance(1);
    admin.patch(format!("/api/users/{bob}"), &json!({ "status": "suspended" })).await.expect(200);
    let expected = [(eve.to_string(), "removed".to_owned()), (bob.to_string(), "suspended".to_owned())];
    assert_eq!(changed().await, expected);
}

async fn companies_are_listed(database: TestDatabase) {
    let api = Api::new(&database).await;
    let page = api.client().get("/api/directory/companies").await.ok();
    let mut names: Vec<String> =
        page["data"].as_array().unwrap().iter().map(|company| text(company, "/name")).collect();
    names.sort_unstable();
    assert_eq!((names, &page["nextCursor"]), (vec!["Acme".to_owned(), "Zoo".to_owned()], &Value::Null));
}

async fn only_services_read_it(database: TestDatabase) {
    let api = Api::new(&database).await;
    for path in ["/api/directory/users", "/api/directory/teams", "/api/directory/companies"] {
        api.anonymous().get(path).await.problem(401, "token_missing");
        api.client_with("crm", "wrong").get(path).await.problem(401, "token_invalid");
        api.admin().await.get(path).await.expect(401);
        for bad in ["cursor=x", "cursor=e30", "changedSince=yesterday", "cursor="] {
            api.client().get(format!("{path}?{bad}")).await.expect(400);
        }
    }
}
