//! Deals over HTTP: the board, moves with their refusals, and what lists do not take.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api, Call};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_board_is_there_from_the_first_look_on,
        a_board_has_stages_with_deals_and_sums,
        a_move_tells_what_it_lacks,
        a_move_is_based_on_a_version,
        winning_and_losing_are_in_the_feed,
        the_stages_of_a_deal_are_told,
        a_deal_may_be_sent_back_as_it_was_read,
        items_may_be_sent_back_as_they_were_read,
        contacts_are_named_in_deals_and_filters,
        parameters_are_checked_and_named,
        days_in_a_stage_are_told,
        a_stage_with_deals_stays,
        a_customer_shows_its_deals,
    ]);
}

/// The id of a customer.
async fn customer(api: &Api) -> Value {
    api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json()["id"].clone()
}

/// A deal of this customer.
async fn deal(api: &Api, customer: &Value, name: &str, amount: Value) -> Value {
    let new = json!({ "customerId": customer, "name": name, "amount": amount });
    api.admin().post("/api/deals").json(&new).await.expect(201).json()
}

fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn path(deal: &Value) -> String {
    format!("/api/deals/{}", deal["id"].as_str().expect("an id"))
}

fn move_to(api: &Api, deal: &Value, body: &Value) -> Call {
    api.admin().patch(format!("{}/stage", path(deal))).json(body)
}

async fn board(api: &Api, query: &str) -> Value {
    api.admin().get(format!("/api/deals/board{query}")).await.ok()
}

async fn a_board_is_there_from_the_first_look_on(database: TestDatabase) {
    let api = Api::new(&database).await;
    assert_eq!(api.admin().get("/api/pipelines").await.ok()["data"], json!([]));
    let first = api.as_(Role::Viewer).get("/api/deals/board").await.ok();
    let codes: Vec<&str> = first["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .filter_map(|stage| stage["stage"]["code"].as_str())
        .collect();
    let expected = ["qualification", "needs_analysis", "proposal", "negotiation", "closed_won", "closed_lost"];
    assert_eq!(codes, expected);
    assert_eq!(board(&api, "").await, first, "and it is the same at the second");
    let pipelines = api.admin().get("/api/pipelines").await.ok();
    assert_eq!(pipelines["data"][0]["id"], first["pipelineId"]);
    let unknown = format!("/api/deals/board?pipelineId={}", uuid::Uuid::now_v7());
    api.admin().get(unknown).await.problem(404, "not_found");
}

async fn a_board_has_stages_with_deals_and_sums(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = customer(&api).await;
    let first = deal(&api, &customer, "First", euros(100)).await;
    let second = deal(&api, &customer, "Second", json!({ "amount": 300, "currency": "JPY" })).await;
    let third = deal(&api, &customer, "Third", euros(50)).await;
    deal(&api, &customer, "Fourth", Value::Null).await;
    move_to(&api, &third, &json!({ "stage": "proposal" })).await.expect(200);
    let whole = board(&api, "").await;
    let stage = &whole["stages"][0];
    assert_eq!(stage["count"], 3);
    assert_eq!(stage["amounts"], json!([euros(100), { "amount": 300, "currency": "JPY" }]));
    let names = |stage: &Value| -> Vec<String> {
        let deals = stage["deals"].as_array().expect("deals");
        deals.iter().filter_map(|deal| deal["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names(stage), ["Fourth", "Second", "First"]);
    assert_eq!(stage["deals"][2], api.admin().get(path(&first)).await.ok(), "a deal is the same everywhere");
    assert_eq!((names(&whole["stages"][2]), &whole["stages"][2]["count"]), (vec!["Third".to_owned()], &json!(1)));
    // To another place, as a drop on the board says it.
    let after = json!({ "afterId": first["id"] });
    move_to(&api, &second, &after).await.expect(200);
    assert_eq!(names(&board(&api, "").await["stages"][0]), ["Fourth", "First", "Second"]);
    // Filters narrow deals, numbers and sums alike.
    let dear = board(&api, "?currency=EUR&amountFrom=60").await;
    assert_eq!((&dear["stages"][0]["count"], &dear["stages"][0]["amounts"]), (&json!(1), &json!([euros(100)])));
    assert_eq!(dear["stages"][2]["count"], 0);
    let named = board(&api, "?q=FOURTH").await;
    assert_eq!((names(&named["stages"][0]), &named["stages"][2]["count"]), (vec!["Fourth".to_owned()], &json!(0)));
    // A tenth of what is in the first stage, and a half of what is in the third one.
    assert_eq!(whole["stages"][2]["weightedAmounts"], json!([euros(25)]));
    let totals = api.admin().get("/api/deals/totals").await.ok();
    assert_eq!((&totals["count"], &totals["amounts"][0]), (&json!(4), &euros(150)));
    assert_eq!(totals["weightedAmounts"], json!([euros(35), { "amount": 30, "currency": "JPY" }]));
    let narrow = api.admin().get("/api/deals/totals?q=third&status=open").await.ok();
    assert_eq!((&narrow["count"], &narrow["amounts"]), (&json!(1), &json!([euros(50)])));
    let more = api.admin().get("/api/deals").query([("stageId", stage["stage"]["id"].as_str().expect("an id"))]);
    assert_eq!(more.await.ok()["pagination"]["total"], 3);
}

async fn a_move_tells_what_it_lacks(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", euros(100)).await;
    let fault = |answer: Answer| answer.violations();
    let at = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let lost = json!({ "stage": "closed_lost" });
    assert_eq!(fault(move_to(&api, &deal, &lost).await), at("/lostReason", "required"));
    assert_eq!(fault(move_to(&api, &deal, &json!({ "stage": "won" })).await), at("/stage", "stage_unknown"));
    let nowhere = json!({ "pipelineId": uuid::Uuid::now_v7() });
    assert_eq!(fault(move_to(&api, &deal, &nowhere).await), at("/pipelineId", "pipeline_unknown"));
    let nobody = json!({ "afterId": uuid::Uuid::now_v7() });
    assert_eq!(fault(move_to(&api, &deal, &nobody).await), at("/afterId", "deal_unknown"));
    let typo = json!({ "stages": "proposal" });
    move_to(&api, &deal, &typo).await.problem_at(400, "unknown_field", "/stages");
    // The stage is no field of the deal itself.
    let patch = json!({ "stageId": deal["stageId"] });
    api.admin().patch(path(&deal)).json(&patch).await.problem_at(400, "unknown_field", "/stageId");
    let lost = json!({ "stage": "closed_lost", "lostReason": "Price", "lostNotes": "Too dear", "competitor": "Smith" });
    let lost = move_to(&api, &deal, &lost).await.ok();
    assert_eq!((&lost["status"], &lost["lostReason"]), (&json!("lost"), &json!("price")));
    assert_eq!(lost["competitor"], "Smith");
    assert!(lost["closedAt"].is_string());
    let open = move_to(&api, &deal, &json!({ "stage": "proposal" })).await.ok();
    assert_eq!((&open["status"], &open["lostReason"], &open["closedAt"]), (&json!("open"), &Value::Null, &Value::Null));
}

async fn a_move_is_based_on_a_version(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", Value::Null).await;
    let seen = api.admin().get(path(&deal)).await.etag();
    let moved = move_to(&api, &deal, &json!({ "stage": "proposal" })).if_match(&*seen).await.expect(200);
    assert_eq!(moved.etag(), api.admin().get(path(&deal)).await.etag());
    let late = move_to(&api, &deal, &json!({ "stage": "negotiation" })).if_match(&*seen).await;
    assert_eq!(late.problem(412, "version_mismatch")["currentVersion"], 2);
    let again = move_to(&api, &deal, &json!({ "stage": "proposal" })).await.expect(200);
    assert_eq!((again.text(), again.etag()), (moved.text(), moved.etag()), "it is there already");
}

async fn winning_and_losing_are_in_the_feed(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", euros(100)).await;
    move_to(&api, &deal, &json!({ "stage": "closed_won" })).await.expect(200);
    move_to(&api, &deal, &json!({ "stage": "closed_lost", "lostReason": "price" })).await.expect(200);
    let feed = api.as_(Role::Viewer).get("/api/events").await.ok();
    let events = feed["data"].as_array().expect("events").iter().filter(|event| event["subject"] == deal["id"]);
    let told: Vec<Value> = events.map(|event| json!([event["type"], event["data"]["version"]])).collect();
    assert_eq!(json!(told), json!([["crm.deal.created", 1], ["crm.deal.won", 2], ["crm.deal.lost", 3]]));
}

async fn the_stages_of_a_deal_are_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", euros(100)).await;
    for stage in ["needs_analysis", "proposal"] {
        move_to(&api, &deal, &json!({ "stage": stage })).await.expect(200);
    }
    let stages = api.admin().get(format!("{}/stages", path(&deal))).await.ok();
    let names: Vec<&str> =
        stages["data"].as_array().expect("stages").iter().filter_map(|entry| entry["stageName"].as_str()).collect();
    assert_eq!(names, ["Proposal", "Needs analysis", "Qualification"]);
    let [last, middle] = [&stages["data"][0], &stages["data"][1]];
    assert_eq!((&last["leftAt"], &last["seconds"]), (&Value::Null, &Value::Null));
    assert_eq!((&middle["leftAt"], &middle["amount"]), (&last["enteredAt"], &euros(100)));
    assert!(middle["seconds"].is_i64());
    api.other_company().admin().get(format!("{}/stages", path(&deal))).await.problem(404, "not_found");
}

async fn a_deal_may_be_sent_back_as_it_was_read(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", euros(100)).await;
    let mut changed = deal.clone();
    changed["name"] = json!("300 units");
    changed["stageName"] = json!("Won");
    changed["status"] = json!("won");
    let put = api.admin().put(path(&deal)).json(&changed).await.ok();
    assert_eq!((&put["name"], &put["status"], &put["version"]), (&json!("300 units"), &json!("open"), &json!(2)));
}

async fn items_may_be_sent_back_as_they_were_read(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", Value::Null).await;
    let at = format!("{}/items", path(&deal));
    let put = |body: &Value| api.admin().put(&at).json(body);
    let bolts = json!({ "name": "Bolts", "quantity": "2.5", "unitPrice": euros(1_999), "discountPercent": "10.00" });
    let first = put(&json!({ "items": [bolts] })).await.expect(200);
    let items = first.json();
    assert_eq!((&items["items"][0]["net"], &items["total"]), (&euros(4_498), &euros(4_498)));
    assert_eq!(items["items"][0]["discountPercent"], "10");
    let read = api.admin().get(&at).await;
    assert_eq!((read.json(), read.etag()), (items.clone(), first.etag()));
    assert_eq!(put(&items).if_match(&*first.etag()).await.ok(), items, "nothing has changed");
    let late = put(&json!({ "items": [] })).if_match("\"1-x\"").await;
    assert_eq!(late.problem(412, "version_mismatch")["currentVersion"], 2);
    assert_eq!(api.admin().get(path(&deal)).await.ok()["items"], items["items"]);
    put(&json!({})).await.problem_at(400, "missing_field", "/items");
    let inexact = json!({ "items": [{ "name": "Bolts", "quantity": 2.5, "unitPrice": euros(1) }] });
    put(&inexact).await.problem_at(400, "invalid_type", "/items/0/quantity");
    let typo = json!({ "items": [{ "name": "Bolts", "quantity": "1", "unitPrice": euros(1), "tax": "19" }] });
    put(&typo).await.problem_at(400, "unknown_field", "/items/0/tax");
    put(&json!({ "items": null })).await.expect(200);
    api.other_company().admin().get(&at).await.problem(404, "not_found");
}

async fn contacts_are_named_in_deals_and_filters(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ann = api.admin().post("/api/customers").json(&json!({ "name": "Ann Lee" })).await.expect(201).json();
    let deal = deal(&api, &customer(&api).await, "200 units", Value::Null).await;
    assert_eq!(deal["contacts"], json!([]));
    let patch = |contacts: Value| api.admin().patch(path(&deal)).json(&json!({ "contacts": contacts }));
    let with_ann = patch(json!([{ "customerId": ann["id"], "role": "Decision-Maker", "isPrimary": true }])).await.ok();
    let expected = json!({
        "customerId": ann["id"], "customerName": "Ann Lee", "role": "decision_maker", "isPrimary": true,
    });
    assert_eq!(with_ann["contacts"], json!([expected]));
    assert_eq!(patch(with_ann["contacts"].clone()).await.ok(), with_ann, "what was read can be sent back");
    let found = api.admin().get("/api/deals").query([("contactId", ann["id"].as_str().expect("an id"))]).await.ok();
    assert_eq!(found["data"], json!([with_ann]));
    patch(json!([{ "role": "champion" }])).await.problem_at(400, "missing_field", "/contacts/0/customerId");
    patch(json!([{ "customerId": ann["id"], "name": "Ann" }])).await.problem_at(
        400,
        "unknown_field",
        "/contacts/0/name",
    );
    let unknown = patch(json!([{ "customerId": uuid::Uuid::now_v7() }])).await.violations();
    assert_eq!(unknown, [("/contacts/0/customerId".to_owned(), "customer_unknown".to_owned())]);
    assert_eq!(patch(Value::Null).await.ok()["contacts"], json!([]));
}

async fn parameters_are_checked_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    for list in ["/api/deals", "/api/deals/board", "/api/deals/totals"] {
        let read = |query: &str| api.admin().get(format!("{list}?{query}"));
        read("amountFrom=1").await.problem_of_parameter(400, "parameter_invalid", "currency");
        read("currency=EURO").await.problem_of_parameter(400, "parameter_invalid", "currency");
        read("status=maybe").await.problem_of_parameter(400, "parameter_invalid", "status");
        read("expectedCloseFrom=soon").await.problem_of_parameter(400, "parameter_invalid", "expectedCloseFrom");
        read("isRotten=maybe").await.problem_of_parameter(400, "parameter_invalid", "isRotten");
        read("stage=proposal").await.problem_of_parameter(400, "unknown_parameter", "stage");
        read("filter=%7B%22field%22:%22amount%22,%22op%22:%22gt%22,%22value%22:1.5%7D").await.problem_of_parameter(
            400,
            "filter_invalid",
            "filter",
        );
    }
}

async fn days_in_a_stage_are_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", Value::Null).await;
    assert_eq!((&deal["daysInStage"], &deal["isRotten"]), (&json!(0), &json!(false)));
    let path = format!("/api/pipelines/{}", deal["pipelineId"].as_str().expect("an id"));
    let pipeline = api.admin().patch(path).json(&json!({ "rottenDays": 1 })).await.ok();
    assert_eq!(pipeline["rottenDays"], 1);
    for (query, expected) in [("true", json!([])), ("false", json!([deal]))] {
        let found = api.admin().get("/api/deals").query([("isRotten", query)]).await.ok();
        assert_eq!(found["data"], expected, "{query}");
    }
    let schedules = api.admin().get("/api/job-schedules").await.ok();
    assert_eq!(schedules["data"][0]["kind"], "crm.mark_rotten_deals");
}

async fn a_stage_with_deals_stays(database: TestDatabase) {
    let api = Api::new(&database).await;
    let deal = deal(&api, &customer(&api).await, "200 units", Value::Null).await;
    let path = format!("/api/pipelines/{}", deal["pipelineId"].as_str().expect("an id"));
    let pipeline = api.admin().get(&path).await.ok();
    let mut stages = pipeline["stages"].clone();
    stages.as_array_mut().expect("stages").remove(0);
    let patch = |stages: &Value| api.admin().patch(&path).json(&json!({ "stages": stages }));
    patch(&stages).await.problem_at(409, "stage_in_use", "/stages");
    api.admin().delete(&path).await.problem(409, "pipeline_in_use");
    // As it was read, with one of them archived.
    let mut stages = pipeline["stages"].clone();
    stages[0]["isArchived"] = json!(true);
    let after = patch(&stages).await.ok();
    assert_eq!((&after["stages"], &after["version"]), (&stages, &json!(2)));
}

async fn a_customer_shows_its_deals(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = customer(&api).await;
    let path = format!("/api/customers/{}", customer.as_str().expect("an id"));
    let read = |query: &str| api.admin().get(format!("{path}{query}"));
    assert_eq!(read("?includeDeals=true").await.ok()["deals"], json!([]));
    let first = deal(&api, &customer, "First", euros(100)).await;
    let second = deal(&api, &customer, "Second", Value::Null).await;
    let gone = deal(&api, &customer, "Thrown away", Value::Null).await;
    api.admin().delete(self::path(&gone)).await.expect(204);
    let plain = read("").await.expect(200);
    assert!(plain.json().get("deals").is_none() && plain.header("etag").is_some(), "{plain}");
    assert_eq!(read("?includeDeals=false").await.ok(), plain.json());
    let whole = read("?includeDeals=true").await.expect(200);
    assert_eq!((whole.header("etag"), &whole.json()["deals"]), (None, &json!([second, first])));
    // It is the customer that it is without, and can be sent back.
    let mut sent = whole.json();
    api.admin().put(&path).json(&sent).await.expect(200);
    sent.as_object_mut().expect("an object").remove("deals");
    assert_eq!(sent, plain.json());
    read("?includeDeals=maybe").await.problem_of_parameter(400, "parameter_invalid", "includeDeals");
    read("?include=deals").await.problem_of_parameter(400, "unknown_parameter", "include");
}
