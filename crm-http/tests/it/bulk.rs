//! Bulk actions over HTTP: the body, repeated requests, and the job.

use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::support::Api;

const BULK: &str = "/api/customers/bulk";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [faults_are_told_at_their_place, a_repeated_request_changes_once, customers_are_changed_and_put_back];
        own: [many_customers_are_left_to_a_job]
    );
}

async fn made(api: &Api, name: &str) -> String {
    let customer = api.admin().post("/api/customers").json(&json!({ "name": name })).await.ok();
    customer["id"].as_str().expect("an id").to_owned()
}

async fn faults_are_told_at_their_place(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = made(&api, "Ant").await;
    let active = json!({ "type": "setStatus", "status": "active" });
    let post = |body: Value| api.admin().post(BULK).json(&body);
    for (body, status, pointer) in [
        (json!({ "action": active }), 422, ""),
        (json!({ "action": active, "ids": [] }), 422, "/ids"),
        (json!({ "action": active, "ids": vec![Uuid::nil(); 1_001] }), 422, "/ids"),
        (json!({ "action": active, "ids": [id], "query": {} }), 422, "/query"),
        (json!({ "action": { "type": "addTags", "tags": [" "] }, "ids": [id] }), 422, "/action/tags/0"),
        (json!({ "action": { "type": "setOwner", "ownerId": Uuid::nil() }, "ids": [id] }), 422, "/action/ownerId"),
        (json!({ "action": active, "query": { "kind": vec!["person"; 101] } }), 422, "/query/kind"),
    ] {
        let problem = post(body.clone()).await.problem(status, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    post(json!({ "action": active, "query": { "q": " " } })).await.problem_at(400, "parameter_invalid", "/query/q");
    post(json!({ "action": active, "query": { "q": "-" } })).await.problem_at(400, "parameter_invalid", "/query/q");
    let filter = json!({ "field": "nope", "op": "eq", "value": 1 });
    let problem = post(json!({ "action": active, "query": { "filter": filter } })).await.expect(400).json();
    assert!(problem["errors"][0]["pointer"].as_str().is_some_and(|at| at.starts_with("/query/filter")), "{problem}");
    for body in [
        json!({ "action": { "type": "dance" }, "ids": [id] }),
        json!({ "action": { "type": "setOwner" }, "ids": [id] }),
        json!({ "action": active, "ids": [id], "all": true }),
        json!({ "action": active, "query": { "trashed": true } }),
    ] {
        post(body).await.expect(400);
    }
    let customer = api.admin().get(format!("/api/customers/{id}")).await.ok();
    assert_eq!((&customer["version"], &customer["status"]), (&json!(1), &json!("prospect")), "nothing is half-written");
}

async fn a_repeated_request_changes_once(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = made(&api, "Ant").await;
    let body = json!({ "action": { "type": "archive" }, "ids": [id] });
    let call = || api.admin().post(BULK).json(&body).once("key");
    let (first, second) = (call().await.expect(200), call().await.expect(200));
    assert_eq!((first.json(), second.header("idempotency-replayed")), (second.json(), Some("true")));
    let undo = format!("{BULK}/{}/undo", first.json()["id"].as_str().expect("an id"));
    let call = || api.admin().post(&undo).once("undo");
    assert_eq!(call().await.ok(), call().await.ok());
    api.admin().post(&undo).await.problem(409, "bulk_action_undone");
}

async fn customers_are_changed_and_put_back(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (id, unknown) = (made(&api, "Ant").await, Uuid::new_v4());
    let rep = api.as_(Role::SalesRep);
    let body = json!({ "action": { "type": "setStatus", "status": "active" }, "ids": [id, unknown] });
    let done = rep.post(BULK).json(&body).await.ok();
    let counts = json!([done["matched"], done["changed"], done["unchanged"], done["refused"], done["dryRun"]]);
    let refused = json!([{ "reason": "not_found", "count": 1, "ids": [unknown] }]);
    assert_eq!(counts, json!([1, 1, 0, refused, false]));
    let undo = format!("{BULK}/{}/undo", done["id"].as_str().expect("an id"));
    api.as_(Role::Manager).post(&undo).await.problem(404, "not_found");
    let undone = rep.post(&undo).await.ok();
    assert_eq!(undone, json!({ "id": done["id"], "restored": 1, "skipped": 0, "refused": [] }));
    let customer = api.admin().get(format!("/api/customers/{id}")).await.ok();
    assert_eq!((&customer["version"], &customer["status"]), (&json!(3), &json!("prospect")));
}

async fn many_customers_are_left_to_a_job(database: TestDatabase) -> anyhow::Result<()> {
    let api = Api::new(&database).await;
    let admin = api.admin();
    let mut file = "Name\n".to_owned();
    (0..1_001).for_each(|number| file.push_str(&format!("Customer {number}\n")));
    admin.post("/api/customers/import").file(&file, None).await.ok();
    let body = json!({ "action": { "type": "setStatus", "status": "active" }, "query": {} });
    let call = || admin.post(BULK).json(&body).once("key");
    let started = call().await.expect(202).json();
    assert_eq!(call().await.expect(202).json(), started, "the same job");
    let (id, job) =
        (started["id"].as_str().expect("an id"), format!("/api/jobs/{}", started["id"].as_str().expect("an id")));
    let undo = format!("{BULK}/{id}/undo");
    admin.post(&undo).await.problem(409, "bulk_action_running");
    api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    let done = admin.get(&job).await.ok();
    assert_eq!(
        (&done["state"], &done["result"]["changed"], &done["result"]["id"]),
        (&json!("done"), &json!(1_001), &json!(id))
    );
    let undoing = admin.post(&undo).await.expect(202).json();
    api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    let undone = admin.get(format!("/api/jobs/{}", undoing["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(undone["result"], json!({ "id": id, "restored": 1_001, "skipped": 0, "refused": [] }));
    Ok(())
}
