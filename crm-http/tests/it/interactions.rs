//! Interactions over HTTP: completing, other names of fields, and the list of all.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Api, Call};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        completing_can_be_repeated_without_a_key,
        what_is_closed_says_so,
        fields_have_other_names_too,
        the_list_of_all_is_narrowed_by_parameters,
        the_list_of_all_names_what_it_does_not_take,
        both_paths_of_an_interaction_lead_to_the_same,
        a_customer_in_a_body_is_one_that_the_caller_sees,
        everybody_has_a_dashboard_of_their_own,
    ]);
}

/// The path of a customer's interactions.
async fn list(api: &Api) -> String {
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json();
    format!("/api/customers/{}/interactions", customer["id"].as_str().expect("an id"))
}

/// The path of a planned interaction.
async fn planned(api: &Api, list: &str) -> String {
    let new = json!({ "type": "call", "status": "planned", "scheduledAt": "2020-01-01T09:00:00Z" });
    let made = api.admin().post(list).json(&new).await.expect(201).json();
    format!("{list}/{}", made["id"].as_str().expect("an id"))
}

async fn completing_can_be_repeated_without_a_key(database: TestDatabase) {
    let api = Api::new(&database).await;
    let list = list(&api).await;
    let path = planned(&api, &list).await;
    let said = json!({ "outcome": "Connected", "followUp": { "scheduledAt": "2030-01-01T09:00:00Z" } });
    let complete = |api: &Api, body: &Value| -> Call { api.admin().patch(format!("{path}/complete")).json(body) };
    let first = complete(&api, &said).if_match("\"1-00\"").await.expect(200);
    let body = first.json();
    assert_eq!(body["interaction"], api.admin().get(&path).await.ok());
    assert_eq!(
        (&body["interaction"]["status"], &body["interaction"]["outcome"]),
        (&json!("completed"), &json!("connected"))
    );
    let next = format!("{list}/{}", body["followUp"]["id"].as_str().expect("an id"));
    assert_eq!(api.admin().get(&next).await.ok(), body["followUp"]);
    assert_eq!(body["interaction"]["followUpId"], body["followUp"]["id"]);
    assert!(first.etag().starts_with("\"2-"), "{first}");
    // At another process, with the tag that was seen at first, and with other blanks in it.
    let elsewhere = api.elsewhere().await;
    let other = json!({ "followUp": { "scheduledAt": "2030-01-01T10:00:00+01:00" }, "outcome": " connected " });
    for (api, said) in [(&api, &said), (&elsewhere, &said), (&elsewhere, &other)] {
        for seen in ["\"1-00\"", "*"] {
            let again = complete(api, said).if_match(seen).await.expect(200);
            assert_eq!((again.text(), again.etag()), (first.text(), first.etag()));
        }
    }
    complete(&api, &json!({ "outcome": "busy" })).await.problem(409, "already_completed");
    let stale = complete(&api, &json!({ "outcome": "busy" })).if_match("\"1-00\"").await;
    assert_eq!(stale.problem(412, "version_mismatch")["currentVersion"], 2);
    assert_eq!(api.admin().get(&list).await.ok()["pagination"]["total"], 2);
}

async fn what_is_closed_says_so(database: TestDatabase) {
    let api = Api::new(&database).await;
    let list = list(&api).await;
    let path = planned(&api, &list).await;
    let patch = |body: Value| api.admin().patch(&path).json(&body);
    patch(json!({ "status": "cancelled" })).await.expect(200);
    patch(json!({ "status": "planned" })).await.problem(409, "interaction_closed");
    let put = {
        let mut put = patch(json!({ "subject": "Too late" })).await.ok();
        put["status"] = json!("in_progress");
        put
    };
    api.admin().put(&path).json(&put).await.problem(409, "interaction_closed");
    api.admin().patch(format!("{path}/complete")).json(&json!({})).await.problem(409, "interaction_closed");
}

async fn fields_have_other_names_too(database: TestDatabase) {
    let api = Api::new(&database).await;
    let list = list(&api).await;
    let new = json!({ "description": "As others call it", "status": "Not Held", "type": "WhatsApp" });
    let made = api.admin().post(&list).json(&new).undocumented("other names").await.expect(201).json();
    assert_eq!(made["content"], "As others call it");
    assert_eq!((&made["status"], &made["type"]), (&json!("no_show"), &json!("whatsapp")));
    let found = api.admin().get("/api/interactions?status=not_held").undocumented("other names").await.ok();
    assert_eq!(found["data"], json!([made]));
    let path = planned(&api, &list).await;
    let done = api.admin().patch(format!("{path}/complete")).json(&json!({ "note": "Done" }));
    let done = done.undocumented("other names").await.expect(200).json();
    assert_eq!(done["interaction"]["content"], "Done");
}

async fn the_list_of_all_is_narrowed_by_parameters(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (one, other) = (list(&api).await, list(&api).await);
    let (overdue, elsewhere) = (planned(&api, &one).await, planned(&api, &other).await);
    let sales =
        json!({ "type": "visit", "direction": "outbound", "outcome": "busy", "completedAt": "2020-06-01T00:00:00Z" });
    let logged = api.as_(Role::SalesRep).post(&one).json(&sales).await.expect(201).json();
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    let logged = logged["id"].as_str().expect("an id").to_owned();
    let customer = one.split('/').nth(3).expect("an id");
    let filter = json!({ "not": { "field": "outcome", "op": "is_null" } }).to_string();
    let me = api.user(Role::SalesRep).to_string();
    for (query, expected) in [
        (vec![("customerId", customer)], vec![id(&overdue), logged.clone()]),
        (vec![("overdue", "true")], vec![id(&overdue), id(&elsewhere)]),
        (vec![("overdue", "true"), ("customerId", customer)], vec![id(&overdue)]),
        (vec![("ownerId", me.as_str())], vec![logged.clone()]),
        (vec![("type", "visit,demo"), ("direction", "outbound"), ("outcome", "Busy")], vec![logged.clone()]),
        (vec![("filter", filter.as_str())], vec![logged.clone()]),
        (vec![("occurredFrom", "2020-06-01T00:00:00Z"), ("occurredTo", "2021-01-01T00:00:00Z")], vec![logged.clone()]),
        (vec![("followUpFrom", "2020-01-01T00:00:00Z")], vec![]),
        (vec![("scheduledTo", "2020-01-01T09:00:00Z")], vec![]),
    ] {
        let found = api.admin().get("/api/interactions").query(query.clone()).await.ok();
        let mut ids: Vec<_> =
            found["data"].as_array().expect("records").iter().filter_map(|one| one["id"].as_str()).collect();
        ids.sort_unstable();
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(ids, expected, "{query:?}");
    }
    let mine = api.as_(Role::SalesRep).get("/api/interactions?ownerId=me").await.ok();
    assert_eq!(mine["data"][0]["id"], logged.as_str());
    assert_eq!(mine["pagination"]["total"], 1);
}

async fn the_list_of_all_names_what_it_does_not_take(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (name, value, code) in [
        ("trashed", "true", "unknown_parameter"),
        ("customerId", "lee", "parameter_invalid"),
        ("ownerId", "unknown", "parameter_invalid"),
        ("status", "done", "parameter_invalid"),
        ("overdue", "yes", "parameter_invalid"),
        ("scheduledFrom", "today", "parameter_invalid"),
        ("sort", "scheduledAt", "sort_invalid"),
        ("filter", r#"{"field": "content", "op": "contains", "value": "x"}"#, "filter_invalid"),
    ] {
        let answer = api.admin().get("/api/interactions").query([(name, value)]).await;
        answer.problem_of_parameter(400, code, name);
    }
}

async fn both_paths_of_an_interaction_lead_to_the_same(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (list, admin) = (list(&api).await, api.admin());
    let customer = list.split('/').nth(3).expect("an id");
    let new = json!({ "customerId": customer, "type": "call", "content": "x".repeat(3_000) });
    let made = admin.post("/api/interactions").json(&new).await.expect(201);
    let (record, tag) = (made.json(), made.etag());
    let id = record["id"].as_str().expect("an id");
    let (nested, flat) = (format!("{list}/{id}"), format!("/api/interactions/{id}"));
    assert_eq!(made.header("location"), Some(&*flat));
    for path in [&nested, &flat] {
        let read = admin.get(path).await.expect(200);
        assert_eq!((read.json(), read.etag()), (record.clone(), tag.clone()));
    }
    let excerpt = admin.get("/api/interactions").await.ok()["data"][0].clone();
    assert_eq!(excerpt, admin.get(&list).await.ok()["data"][0]);
    admin.put(&flat).json(&excerpt).await.problem_at(422, "truncated", "/isTruncated");
    let moved = admin.put(&flat).json(&record).if_match(&tag).await.expect(200);
    assert_eq!(moved.json(), record, "the customer in the body is ignored, as it is below the customer");
    admin.delete(&nested).await.expect(204);
    admin.get(&flat).await.problem(404, "not_found");
    admin.post(format!("{flat}/restore")).await.expect(200);
    admin.delete(format!("/api/customers/{customer}")).await.expect(204);
    for call in [admin.get(&flat), admin.delete(&flat), admin.patch(&flat).json(&json!({ "subject": "x" }))] {
        call.await.problem(404, "not_found");
    }
    // Who keeps a key for one path has used none for the other.
    let other = self::list(&api).await;
    let body = json!({ "type": "call", "customerId": other.split('/').nth(3) });
    let one = admin.post("/api/interactions").json(&body).once("key").await.expect(201);
    let again = admin.post(&other).json(&json!({ "type": "call" })).once("key").await.expect(201);
    assert_ne!(one.json()["id"], again.json()["id"]);
}

async fn a_customer_in_a_body_is_one_that_the_caller_sees(database: TestDatabase) {
    let api = Api::new(&database).await;
    let theirs = list(&api.other_company()).await;
    let thrown = list(&api).await;
    let customer = |list: &str| list.split('/').nth(3).expect("an id").to_owned();
    api.admin().delete(format!("/api/customers/{}", customer(&thrown))).await.expect(204);
    let before = api.records().await;
    for id in [uuid::Uuid::now_v7().to_string(), customer(&theirs), customer(&thrown)] {
        let answer = api.admin().post("/api/interactions").json(&json!({ "customerId": id })).await;
        assert_eq!(answer.violations(), [("/customerId".to_owned(), "customer_unknown".to_owned())]);
    }
    let post = |body: Value| api.admin().post("/api/interactions").json(&body);
    post(json!({ "type": "call" })).undocumented("no customer").await.problem_at(400, "missing_field", "/customerId");
    post(json!({ "customerId": "lee" })).undocumented("no id").await.problem_at(400, "invalid_type", "/customerId");
    assert_eq!(api.records().await, before, "nothing is written");
}

async fn everybody_has_a_dashboard_of_their_own(database: TestDatabase) {
    let api = Api::new(&database).await;
    let list = list(&api).await;
    let overdue = json!({ "type": "call", "status": "planned", "scheduledAt": "2020-01-01T09:00:00Z" });
    for _ in 0..2 {
        api.as_(Role::SalesRep).post(&list).json(&overdue).await.expect(201);
    }
    api.as_(Role::Support).post(&list).json(&overdue).await.expect(201);
    let sales = api.user(Role::SalesRep).to_string();
    // Both see everything, so that they share what is cached.
    for (role, query, count) in [
        (Role::SalesRep, "?ownerId=me", 2),
        (Role::Support, "?ownerId=me", 1),
        (Role::Viewer, "?ownerId=me", 0),
        (Role::Viewer, &*format!("?ownerId={sales}"), 2),
        (Role::Support, "?ownerId=none", 0),
        (Role::Support, "", 3),
    ] {
        let dashboard = api.as_(role).get(format!("/api/stats/dashboard{query}")).await.ok();
        assert_eq!(dashboard["followUps"]["overdueCount"], count, "{role}{query}");
        let unowned = i32::from(query.is_empty() || query.ends_with("none"));
        assert_eq!(dashboard["totals"]["newCustomers"]["current"], unowned, "{role}{query}");
    }
    let answer = api.admin().get("/api/stats/dashboard?ownerId=unknown").await;
    answer.problem_of_parameter(400, "parameter_invalid", "ownerId");
}
