//! Merges of customers over HTTP: the body, where the old paths lead, and repeated requests.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::support::Api;

const MERGE: &str = "/api/customers/merge";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            old_paths_lead_to_the_survivor,
            writes_to_old_paths_are_told_the_survivor,
            what_one_may_not_see_is_not_found,
            a_repeated_request_merges_once,
            seen_versions_are_compared,
            changes_since_are_listed,
            a_merge_and_its_undoing_are_listed,
            links_are_counted_and_told,
        ]
    );
}

async fn made(api: &Api, name: &str) -> String {
    let customer = api.admin().post("/api/customers").json(&json!({ "name": name })).await.ok();
    customer["id"].as_str().expect("an id").to_owned()
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// Two customers; the second was merged into the first.
async fn merged(api: &Api) -> (String, String, Value) {
    let (ann, zoe) = (made(api, "Ann").await, made(api, "Zoe").await);
    let outcome = api.admin().post(MERGE).json(&json!({ "survivorId": ann, "loserIds": [zoe] })).await.ok();
    (ann, zoe, outcome)
}

/// A link of a customer with another one.
async fn linked(api: &Api, of: &str) -> String {
    let firm = made(api, "Firm").await;
    let body = json!({ "toId": firm, "label": "other", "title": "Friend" });
    id(&api.admin().post(format!("/api/customers/{of}/links")).json(&body).await.ok())
}

async fn old_paths_lead_to_the_survivor(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe) = (made(&api, "Ann").await, made(&api, "Zoe").await);
    let admin = api.admin();
    let note = id(&admin.post(format!("/api/customers/{zoe}/notes")).json(&json!({ "body": "Of Zoe" })).await.ok());
    let link = linked(&api, &zoe).await;
    admin.post(MERGE).json(&json!({ "survivorId": ann, "loserIds": [zoe] })).await.ok();
    for rest in [
        String::new(),
        "/notes?limit=1&sort=-createdAt".to_owned(),
        format!("/notes/{note}"),
        format!("/notes/{note}/history"),
        "/interactions".to_owned(),
        "/history?limit=5".to_owned(),
        "/activity".to_owned(),
        "/tags".to_owned(),
        "/links".to_owned(),
        format!("/links/{link}"),
        "/merges".to_owned(),
    ] {
        let old = format!("/api/customers/{zoe}{rest}");
        let answer = admin.get(&old).await;
        if answer.status == 404 && answer.json()["code"] == "route_unknown" {
            continue;
        }
        assert_eq!(answer.status, 308, "{old}: {answer}");
        assert_eq!(answer.header("location"), Some(&*format!("/api/customers/{ann}{rest}")), "{old}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{old}");
        let followed = answer.header("location").expect("a location").to_owned();
        admin.get(followed).await.expect(200);
    }
    let head = admin.call("HEAD", format!("/api/customers/{zoe}")).await;
    assert_eq!((head.status, head.header("location")), (308, Some(&*format!("/api/customers/{ann}"))));
    admin.get(format!("/api/customers/{}", Uuid::new_v4())).await.problem(404, "not_found");
    api.other_company().admin().get(format!("/api/customers/{zoe}")).await.problem(404, "not_found");
}

async fn writes_to_old_paths_are_told_the_survivor(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe) = (made(&api, "Ann").await, made(&api, "Zoe").await);
    let admin = api.admin();
    let note = id(&admin.post(format!("/api/customers/{zoe}/notes")).json(&json!({ "body": "Of Zoe" })).await.ok());
    let link = linked(&api, &zoe).await;
    admin.post(MERGE).json(&json!({ "survivorId": ann, "loserIds": [zoe] })).await.ok();
    let old = format!("/api/customers/{zoe}");
    for call in [
        admin.patch(&old).json(&json!({ "city": "Boston" })),
        admin.delete(&old),
        admin.post(format!("{old}/restore")),
        admin.post(format!("{old}/purge")),
        admin.post(format!("{old}/notes")).json(&json!({ "body": "Late" })),
        admin.patch(format!("{old}/notes/{note}")).json(&json!({ "body": "Late" })),
        admin.delete(format!("{old}/notes/{note}")),
        admin.post(format!("{old}/links")).json(&json!({ "toId": ann, "label": "other" })),
        admin.patch(format!("{old}/links/{link}")).json(&json!({ "isInactive": true })),
        admin.delete(format!("{old}/links/{link}")),
        admin.post(format!("{old}/tags")).json(&json!({ "tags": ["VIP"] })),
        admin.post(MERGE).json(&json!({ "survivorId": ann, "loserIds": [zoe] })),
    ] {
        let problem = call.await.problem(410, "customer_merged");
        assert_eq!(problem["survivorId"], json!(ann), "{problem}");
    }
}

async fn what_one_may_not_see_is_not_found(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe, _) = merged(&api).await;
    api.admin().delete(format!("/api/customers/{ann}")).await.expect(204);
    api.admin().get(format!("/api/customers/{zoe}")).await.problem(404, "not_found");
    api.admin().delete(format!("/api/customers/{zoe}")).await.problem(404, "not_found");
    api.admin().post(format!("/api/customers/{ann}/restore")).await.ok();
    api.admin().get(format!("/api/customers/{zoe}")).await.expect(308);
}

async fn a_repeated_request_merges_once(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe) = (made(&api, "Ann").await, made(&api, "Zoe").await);
    let body = json!({ "survivorId": ann, "loserIds": [zoe] });
    let call = || api.admin().post(MERGE).json(&body).once("key");
    let (first, second) = (call().await.expect(200), call().await.expect(200));
    assert_eq!((first.json(), second.header("idempotency-replayed")), (second.json(), Some("true")));
    let undo = format!("/api/customers/merges/{}/undo", id(&first.json()));
    let call = || api.admin().post(&undo).json(&json!({})).once("undo");
    assert_eq!(call().await.ok(), call().await.ok());
    api.admin().post(&undo).json(&json!({})).await.problem(409, "customer_merge_undone");
    api.admin().get(format!("/api/customers/{zoe}")).await.ok();
}

async fn seen_versions_are_compared(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe) = (made(&api, "Ann").await, made(&api, "Zoe").await);
    let merge = |versions: Value| {
        api.admin().post(MERGE).json(&json!({ "survivorId": ann, "loserIds": [zoe], "versions": versions }))
    };
    let problem = merge(json!({ ann.clone(): 1, zoe.clone(): 7 })).await.problem(412, "version_mismatch");
    assert_eq!(problem["currentVersion"], 1);
    merge(json!({ ann.clone(): 1, zoe.clone(): 1 })).await.ok();
}

async fn changes_since_are_listed(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe, outcome) = merged(&api).await;
    let undo = format!("/api/customers/merges/{}/undo", id(&outcome));
    api.admin().patch(format!("/api/customers/{ann}")).json(&json!({ "jobTitle": "Buyer" })).await.ok();
    let problem = api.admin().post(&undo).json(&json!({})).await.problem(409, "changed_since_merge");
    assert_eq!(problem["errors"][0]["pointer"], "/jobTitle");
    assert_eq!(problem["errors"][0]["code"], "changed_since_merge");
    api.admin().post(&undo).json(&json!({ "onConflict": "sometimes" })).await.problem(400, "invalid_type");
    let undone = api.admin().post(&undo).json(&json!({ "onConflict": "keep" })).await.ok();
    assert_eq!((&undone["kept"][0]["pointer"], &undone["restoredIds"]), (&json!("/jobTitle"), &json!([zoe])));
}

async fn a_merge_and_its_undoing_are_listed(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (ann, zoe, outcome) = merged(&api).await;
    let merges = format!("/api/customers/{ann}/merges");
    let list = api.as_(Role::Viewer).get(&merges).await.ok();
    let merge = &list["data"][0];
    assert_eq!((&merge["id"], &merge["losers"]), (&outcome["id"], &json!([{ "id": zoe, "name": "Zoe" }])));
    assert_eq!((&merge["survivorId"], &merge["undoneAt"]), (&json!(ann), &json!(null)));
    api.admin().post(format!("/api/customers/merges/{}/undo", id(&outcome))).json(&json!({})).await.ok();
    let list = api.admin().get(&merges).await.ok();
    assert!(list["data"][0]["undoneAt"].is_string(), "{list}");
}

async fn links_are_counted_and_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin();
    let firm = async |name: &str| {
        let body = json!({ "name": name, "kind": "organization" });
        id(&admin.post("/api/customers").json(&body).await.ok())
    };
    let (top, middle, low) = (firm("Top").await, firm("Middle").await, firm("Low").await);
    for (child, parent) in [(&middle, &top), (&low, &middle)] {
        let body = json!({ "toId": parent, "label": "parent" });
        admin.post(format!("/api/customers/{child}/links")).json(&body).await.expect(201);
    }
    let merge = |survivor: &str, loser: &str, dry_run: bool| {
        admin.post(MERGE).json(&json!({ "survivorId": survivor, "loserIds": [loser], "dryRun": dry_run }))
    };
    let problem = merge(&top, &low, true).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/loserIds/0");
    assert_eq!(problem["errors"][0]["code"], "hierarchy_cycle");
    let told = merge(&top, &middle, true).await.ok();
    assert_eq!(told["links"], json!({ "moved": 1, "folded": 0, "dropped": 1 }));
    assert_eq!(told["moved"], json!([{ "of": "link", "count": 1 }]));
    let done = merge(&top, &middle, false).await.ok();
    assert_eq!((&done["links"], &done["moved"]), (&told["links"], &told["moved"]));
    let link = admin.get(format!("/api/customers/{low}/links")).await.ok()["data"][0].clone();
    assert_eq!(link["toId"], json!(top));
    let path = format!("/api/customers/{top}/links/{}", id(&link));
    admin.patch(&path).json(&json!({ "title": "Branch" })).await.ok();
    let undo = format!("/api/customers/merges/{}/undo", id(&done));
    let problem = admin.post(&undo).json(&json!({})).await.problem(409, "changed_since_merge");
    assert_eq!(problem["errors"][0]["pointer"], format!("/links/{}", id(&link)));
    let undone = admin.post(&undo).json(&json!({ "onConflict": "keep" })).await.ok();
    assert_eq!(undone["kept"][0]["code"], "changed_since_merge");
    assert_eq!(admin.get(format!("/api/customers/{middle}")).await.ok()["parentId"], json!(top));
}
