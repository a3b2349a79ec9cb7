//! Versions, locations, merge patches and pages.

use std::collections::BTreeSet;

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::cases::Case;
use super::support::{Api, Caller, text};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        versions_guard_reads_and_writes,
        what_was_added_is_where_the_answer_says,
        null_clears_and_absence_keeps,
        pages_neither_skip_nor_repeat,
        lists_are_filtered_and_sorted,
        cursors_belong_to_their_list,
    ]);
}

async fn versions_guard_reads_and_writes(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    let records = [("getUser", "updateUser"), ("getTeam", "updateTeam"), ("getApiKey", "renameApiKey")];
    for (get, update) in records.into_iter().chain([("getCompany", "renameCompany")]) {
        let (get, update) = (Case::of(get), Case::of(update));
        let id = get.fresh(&api, api.acme).await;
        let seen = get.call(&admin, &id).await.expect(200);
        let tag = seen.etag();
        let known = get.call(&admin, &id).header("If-None-Match", &tag).await.expect(304);
        assert!(known.body.is_empty() && known.etag() == tag, "{known}");
        let changed = update.call(&admin, &id).header("If-Match", &tag).await.expect(200);
        assert_ne!(changed.etag(), tag, "{changed}");
        get.call(&admin, &id).header("If-None-Match", &tag).await.expect(200);
        let current = get.call(&admin, &id).await.expect(200);
        assert_eq!((current.etag(), current.json()), (changed.etag(), changed.json()));
        let problem = update.call(&admin, &id).header("If-Match", &tag).await.problem(412, "version_mismatch");
        assert_eq!(problem["currentVersion"], current.json()["version"]);
        update.call(&admin, &id).header("If-Match", "*").await.expect(200);
        update.call(&admin, &id).header("If-Match", "unquoted").await.expect(400);
    }
    for (get, delete, status) in
        [("getUser", "deleteUser", 204), ("getTeam", "deleteTeam", 204), ("getApiKey", "revokeApiKey", 200)]
    {
        let (get, delete) = (Case::of(get), Case::of(delete));
        let id = get.fresh(&api, api.acme).await;
        delete.call(&admin, &id).header("If-Match", "\"77\"").await.problem(412, "version_mismatch");
        let tag = get.call(&admin, &id).await.expect(200).etag();
        delete.call(&admin, &id).header("If-Match", tag).await.expect(status);
        if status == 204 {
            get.call(&admin, &id).await.problem(404, "not_found");
            delete.call(&admin, &id).await.problem(404, "not_found");
        }
    }
}

async fn what_was_added_is_where_the_answer_says(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    for (create, shown_once) in
        [("createUser", Some("invitation")), ("createTeam", None), ("createApiKey", Some("key"))]
    {
        let answer = Case::of(create).call(&admin, "").await.expect(201);
        let location = answer.header("location").expect("a place").to_owned();
        let read = admin.get(location).await.expect(200);
        let (mut added, tag) = (answer.json(), answer.etag());
        if let Some(secret) = shown_once {
            let secret = added.as_object_mut().expect("an object").remove(secret);
            assert!(secret.is_some_and(|secret| !secret.is_null()), "{answer}");
        }
        assert_eq!((read.etag(), read.json()), (tag, added));
    }
}

async fn null_clears_and_absence_keeps(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    let team = admin.post("/api/teams").json(&json!({ "name": "Sales" })).await.ok();
    let body = json!({
        "email": "Bob@Example.com", "name": "Bob", "role": "manager", "permissions": ["customers:export"],
        "teamIds": [team["id"]], "locale": "de", "timeZone": "Europe/Berlin",
    });
    let bob = admin.post("/api/users").json(&body).await.ok();
    assert_eq!((&bob["email"], &bob["status"]), (&json!("bob@example.com"), &json!("invited")));
    let path = format!("/api/users/{}", text(&bob, "/id"));
    let kept = admin.patch(&path, &json!({})).await.ok();
    assert_eq!(kept["version"], bob["version"], "nothing has changed");
    let cleared = json!({ "name": null, "permissions": null, "teamIds": null, "locale": null, "timeZone": null });
    let cleared = admin.patch(&path, &cleared).await.ok();
    assert_eq!(
        [&cleared["name"], &cleared["permissions"], &cleared["teamIds"], &cleared["locale"], &cleared["timeZone"]],
        [&Value::Null, &json!([]), &json!([]), &Value::Null, &Value::Null]
    );
    assert_eq!((&cleared["email"], &cleared["role"]), (&bob["email"], &bob["role"]));
    for field in ["email", "role", "status"] {
        let problem = admin.patch(&path, &json!({ field: null })).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
    let team = format!("/api/teams/{}", text(&team, "/id"));
    let managed = admin.patch(&team, &json!({ "memberIds": [bob["id"]], "managerId": bob["id"] })).await.ok();
    assert_eq!(managed["managerId"], bob["id"]);
    let cleared = admin.patch(&team, &json!({ "managerId": null })).await.ok();
    assert_eq!((&cleared["managerId"], &cleared["memberIds"]), (&Value::Null, &json!([bob["id"]])));
    // What a client sees of itself.
    let me = admin.patch("/api/auth/me", &json!({ "name": "Ada", "timeZone": "Asia/Tokyo" })).await.ok();
    assert_eq!(me["name"], "Ada");
    assert_eq!(admin.patch("/api/auth/me", &json!({ "name": null })).await.ok()["name"], Value::Null);
    admin.patch("/api/auth/me", &json!({ "role": "admin" })).await.problem(400, "unknown_field");
}

/// The ids of all pages.
async fn walk(caller: &Caller, path: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = caller.get(format!("{path}{next}")).await.ok();
        let data = page["data"].as_array().expect("records");
        assert!(data.len() <= 3, "{page}");
        ids.extend(data.iter().map(|record| text(record, "/id")));
        cursor = page.pointer("/meta/nextCursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            return ids;
        }
        assert!(ids.len() < 100, "it does not end");
    }
}

async fn pages_neither_skip_nor_repeat(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    for _ in 0..8 {
        for record in ["getUser", "getTeam", "getApiKey"] {
            Case::of(record).fresh(&api, api.acme).await;
            Case::of(record).fresh(&api, api.zoo).await;
        }
    }
    // Ann, the test's administrator, and eight more, who share a name.
    for (path, expected) in [
        ("/api/users?limit=3", 10),
        ("/api/users?limit=3&sort=-name", 10),
        ("/api/users?limit=3&sort=createdAt", 10),
        ("/api/users?limit=3&sort=-createdAt", 10),
        ("/api/teams?limit=3", 8),
        ("/api/api-keys?limit=3", 8),
        ("/api/audit?limit=3", 16),
        ("/api/sign-ins?limit=3", 1),
    ] {
        let ids = walk(&admin, path).await;
        assert_eq!(ids.len(), expected, "{path}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), expected, "{path} repeats");
        if let Some((forth, _)) = path.split_once("&sort=-") {
            let key = path.rsplit_once('-').map_or("", |(_, key)| key);
            let mut back = walk(&admin, &format!("{forth}&sort={key}")).await;
            back.reverse();
            assert_eq!(ids, back, "{path} is the other way round");
        }
    }
}

async fn lists_are_filtered_and_sorted(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    for role in Role::ALL.iter().copied() {
        api.member(api.acme, role).await;
        api.member(api.zoo, role).await;
    }
    let count = async |query: &str| {
        let page = admin.get(format!("/api/users?{query}")).await.ok();
        page["data"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("").await, 6);
    assert_eq!(count("role=admin").await, 2);
    assert_eq!(count("role=viewer&status=active").await, 1);
    assert_eq!(count("status=invited").await, 0);
    assert_eq!(count("q=ANN%40").await, 1);
    assert_eq!(count("q=%25").await, 0, "a percent sign is no wildcard");
    assert_eq!(count(&format!("teamId={}", uuid::Uuid::now_v7())).await, 0);
    for bad in ["role=boss", "status=removed", "sort=email", "limit=0", "limit=x", "teamId=1", "cursor=x"] {
        admin.get(format!("/api/users?{bad}")).await.expect(400);
    }
    let sign_ins = admin.get("/api/sign-ins?outcome=success").await.ok();
    assert_eq!(sign_ins["data"].as_array().map(Vec::len), Some(5), "those of the own company");
    let own = api.as_(Role::Viewer).await.get("/api/sign-ins").await.ok();
    assert_eq!(own["data"].as_array().map(Vec::len), Some(1), "their own");
    let audit = admin.get("/api/audit?action=team.created").await.ok();
    assert_eq!(audit["data"], json!([]));
}

async fn cursors_belong_to_their_list(database: TestDatabase) {
    let api = Api::new(&database).await;
    for _ in 0..3 {
        Case::of("getUser").fresh(&api, api.acme).await;
    }
    let (ours, theirs) = (api.admin().await, api.with_token(&api.member(api.zoo, Role::Admin).await.1));
    let page = ours.get("/api/users?limit=1").await.ok();
    let cursor = text(&page, "/meta/nextCursor");
    for path in ["/api/users?limit=1&role=viewer", "/api/users?limit=1&sort=createdAt", "/api/teams?limit=1"] {
        ours.get(format!("{path}&cursor={cursor}")).await.problem(400, "cursor_invalid");
    }
    theirs.get(format!("/api/users?limit=1&cursor={cursor}")).await.problem(400, "cursor_invalid");
    ours.get(format!("/api/users?limit=1&cursor={cursor}")).await.expect(200);
}
