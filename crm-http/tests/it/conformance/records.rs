//! The three records of a write: history, audit, event.

use serde_json::{Value, json};
use testkit::Suite;

use super::{Made, Resource, of_resource};

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(suite, resource, [every_write_leaves_three_records, reads_leave_none]);
    if resource.can("GET", "/history") {
        of_resource!(suite, resource, [history_tells_every_write, history_comes_in_pages]);
    }
}

async fn every_write_leaves_three_records(made: Made) {
    let (admin, resource) = (made.api.admin(), made.resource);
    let mut before = made.api.records_beside_jobs().await;
    let kept = before[0];
    let path = made.fresh().await;
    let mut actions = vec!["created"];
    before = before.map(|count| count + 1);
    assert_eq!(made.api.records_beside_jobs().await, before, "added");
    let full = &(resource.full)()[0];
    for (method, below, body, action) in [
        ("PUT", "", Some(full.clone()), "updated"),
        ("PATCH", "", Some(json!({ resource.optional: "Changed" })), "updated"),
        ("DELETE", "", None, "deleted"),
        ("POST", "/restore", None, "restored"),
    ] {
        if !resource.can(method, below) {
            continue;
        }
        let call = admin.call(method, format!("{path}{below}"));
        let answer = match body {
            Some(body) => call.json(&body).await,
            None => call.await,
        };
        assert!((200..300).contains(&answer.status), "{answer}");
        before = before.map(|count| count + 1);
        assert_eq!(made.api.records_beside_jobs().await, before, "{method} {below}: history, audit and event");
        actions.push(action);
    }
    if resource.can("POST", "/purge") {
        admin.post(format!("{path}/purge")).await.expect(204);
        let [changes, audit, outbox] = made.api.records_beside_jobs().await;
        assert_eq!([audit, outbox], [before[1] + 1, before[2] + 1]);
        assert_eq!(changes, kept + 1, "of what was there before, history keeps nothing");
        actions.push("purged");
    }
    let id = path.rsplit('/').next().expect("an id");
    let trail = admin.get("/api/audit").query([("entityId", id)]).await.ok();
    let entries = trail["data"].as_array().expect("entries");
    let told: Vec<&str> = entries.iter().rev().filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(told, actions, "the audit trail tells them in turn");
    for entry in entries {
        assert_eq!(entry["entity"], resource.kind);
        assert_eq!(entry["outcome"], "success");
        assert_eq!(entry["actor"]["kind"], "user");
        assert!(entry["requestId"].is_string(), "{entry}");
    }
}

async fn reads_leave_none(made: Made) {
    let path = made.fresh().await;
    let before = made.api.records_beside_jobs().await;
    for path in [path.clone(), made.list.clone(), made.missing()] {
        made.api.admin().get(path).await;
    }
    if made.resource.can("GET", "/history") {
        made.api.admin().get(format!("{path}/history")).await.expect(200);
    }
    assert_eq!(made.api.records_beside_jobs().await, before);
}

async fn history_tells_every_write(made: Made) {
    let (admin, field) = (made.api.admin(), made.resource.optional);
    let (path, _) = made.filled().await;
    admin.patch(&path).json(&json!({ field: "One" })).header("X-Request-Id", "the-second").await.expect(200);
    admin.patch(&path).json(&json!({ field: null })).await.expect(200);
    let history = admin.get(format!("{path}/history")).await.ok();
    let changes = history["data"].as_array().expect("changes");
    let told: Vec<(&Value, &Value)> = changes.iter().map(|change| (&change["version"], &change["action"])).collect();
    let expected = [(json!(3), json!("updated")), (json!(2), json!("updated")), (json!(1), json!("created"))];
    assert_eq!(told, expected.iter().map(|(version, action)| (version, action)).collect::<Vec<_>>(), "newest first");
    assert_eq!(changes[0]["changes"], json!([{ "field": field, "from": "One", "to": null }]));
    assert_eq!(changes[1]["requestId"], "the-second");
    assert_eq!(changes[1]["changes"][0]["to"], "One");
    let id = made.api.user(crm_core::actor::Role::Admin);
    assert_eq!(changes[2]["actor"], json!({ "kind": "user", "id": id }));
}

async fn history_comes_in_pages(made: Made) {
    let (admin, field) = (made.api.admin(), made.resource.optional);
    let path = made.fresh().await;
    for n in 0..4 {
        admin.patch(&path).json(&json!({ field: format!("Value {n}") })).await.expect(200);
    }
    let first = admin.get(format!("{path}/history")).query([("limit", "3")]).await.ok();
    assert_eq!(first["pagination"]["total"], 5);
    let cursor = first["pagination"]["nextCursor"].as_str().expect("a cursor");
    let second = admin.get(format!("{path}/history")).query([("limit", "3"), ("cursor", cursor)]).await.ok();
    let versions: Vec<i64> = [&first, &second]
        .iter()
        .flat_map(|page| page["data"].as_array().expect("changes"))
        .filter_map(|change| change["version"].as_i64())
        .collect();
    assert_eq!(versions, [5, 4, 3, 2, 1]);
    // The cursor of one record's history is none of another's.
    let other = made.path(&made.new(1).await);
    let answer = admin.get(format!("{other}/history")).query([("cursor", cursor)]).await;
    answer.problem_of_parameter(400, "cursor_invalid", "cursor");
    admin.get(format!("{}/history", made.missing())).await.problem(404, "not_found");
}
