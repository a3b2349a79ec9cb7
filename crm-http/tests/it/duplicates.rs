//! Possible duplicates over HTTP: refusals with candidates, warnings, the scan and decisions.

use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [a_refusal_names_the_candidates, a_warning_is_part_of_the_answer];
        own: [pairs_are_found_and_dismissed]
    );
}

fn ann() -> Value {
    json!({ "firstName": "Ann", "lastName": "Lee", "phone": "+1 212 555 2368" })
}

fn annie() -> Value {
    json!({ "firstName": "Annie", "lastName": "Lee", "phone": "+1 212 555 2368" })
}

async fn set(api: &Api, settings: Value) {
    api.admin().patch("/api/settings").json(&settings).await.ok();
}

async fn a_refusal_names_the_candidates(database: TestDatabase) {
    let api = Api::new(&database).await;
    set(&api, json!({ "duplicateRejectThreshold": 0.8 })).await;
    let one = api.admin().post("/api/customers").json(&ann()).await.ok();
    let problem = api.admin().post("/api/customers").json(&annie()).await.problem(409, "possible_duplicate");
    let candidate = &problem["possibleDuplicates"]["data"][0];
    assert_eq!(candidate["customer"]["id"], one["id"], "{problem}");
    assert_eq!(candidate["evidence"][0]["reason"], "same_phone");
    let allow = "/api/customers?duplicates=allow";
    api.as_(Role::SalesRep).post(allow).json(&annie()).await.problem(403, "forbidden");
    let other = api.admin().post(allow).json(&annie()).await.ok();
    assert!(other.get("possibleDuplicates").is_none(), "{other}");
    let path = format!("/api/customers/{}", other["id"].as_str().expect("an id"));
    let rename = json!({ "firstName": "Ann", "name": null });
    api.admin().patch(&path).json(&rename).await.problem(409, "possible_duplicate");
    api.admin().post("/api/customers?duplicates=maybe").json(&annie()).await.expect(400);
}

async fn a_warning_is_part_of_the_answer(database: TestDatabase) {
    let api = Api::new(&database).await;
    set(&api, json!({ "duplicatePolicy": "warn" })).await;
    let one = api.admin().post("/api/customers").json(&ann()).await.ok();
    assert!(one.get("possibleDuplicates").is_none(), "{one}");
    let other = api.admin().post("/api/customers").json(&annie()).await.ok();
    assert_eq!(other["possibleDuplicates"]["data"][0]["customer"]["id"], one["id"]);
    assert_eq!(other["possibleDuplicates"]["hiddenCount"], 0);
    // What was answered can be sent back.
    let path = format!("/api/customers/{}", other["id"].as_str().expect("an id"));
    api.admin().put(&path).json(&other).await.ok();
    set(&api, json!({ "duplicatePolicy": "allow" })).await;
    let third = api.admin().post("/api/customers").json(&annie()).await.ok();
    assert!(third.get("possibleDuplicates").is_none());
    api.admin().patch("/api/settings").json(&json!({ "duplicateThreshold": 1.5 })).await.expect(400);
    let low = json!({ "duplicateThreshold": 0.1 });
    api.admin().patch("/api/settings").json(&low).await.problem_at(422, "invalid", "/duplicateThreshold");
}

async fn pairs_are_found_and_dismissed(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin();
    let one = admin.post("/api/customers").json(&ann()).await.ok();
    admin.post("/api/customers").json(&annie()).await.ok();
    let found = admin.post("/api/customers/duplicates/check").json(&json!({ "phone": "+12125552368" }));
    let found = found.query([("minScore", "0.6")]).await.ok();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(2), "{found}");
    let path = format!("/api/customers/{}/duplicates", one["id"].as_str().expect("an id"));
    assert_eq!(admin.post(&path).await.ok()["data"][0]["customer"]["name"], "Annie Lee");
    let job = admin.post("/api/duplicates/scan").await.expect(202).json();
    assert_eq!(job["kind"], "crm.scan_duplicates");
    api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await.expect("a scan");
    let list = admin.get("/api/duplicates").await.ok();
    let pair = &list["data"][0];
    assert_eq!((&list["pagination"]["total"], &pair["left"]["name"]), (&json!(1), &json!("Ann Lee")));
    let path = format!("/api/duplicates/{}", pair["id"].as_str().expect("an id"));
    let dismissed = admin.post(format!("{path}/dismiss")).await.ok();
    assert_eq!((&dismissed["status"], &dismissed["version"]), (&json!("dismissed"), &json!(2)));
    assert_eq!(admin.get("/api/duplicates").await.ok()["data"], json!([]));
    let list = admin.get("/api/duplicates?status=dismissed").await.ok();
    assert_eq!(list["data"][0]["id"], pair["id"]);
    assert_eq!(admin.post(format!("{path}/reopen")).await.ok()["status"], "open");
    assert_eq!(admin.get("/api/duplicates?minScore=0.99").await.ok()["data"], json!([]));
    admin.get("/api/duplicates?minScore=2").await.problem(400, "parameter_invalid");
}
