//! Leads over HTTP: the names of other systems, moves with their refusals, and conversion.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_names_of_other_systems_are_understood,
        a_refused_move_is_told,
        a_conversion_without_a_body_makes_a_customer,
        the_id_of_a_merged_lead_leads_to_the_customer,
        a_note_of_a_lead_has_its_own_place,
        a_conversion_can_be_repeated_and_taken_back,
        rules_assign_and_explain,
        parameters_are_checked_and_named,
        leads_come_from_files_and_go_to_files,
        many_are_converted_and_each_is_told,
    ]);
}

/// A lead with this name.
async fn lead(api: &Api, name: &str) -> Value {
    api.admin().post("/api/leads").json(&json!({ "name": name })).await.expect(201).json()
}

fn path(lead: &Value) -> String {
    format!("/api/leads/{}", lead["id"].as_str().expect("an id"))
}

async fn names(api: &Api, query: &str) -> Vec<String> {
    let list = api.admin().get(format!("/api/leads?{query}")).await.ok();
    let list = list["data"].as_array().expect("a list").clone();
    list.iter().map(|lead| lead["name"].as_str().expect("a name").to_owned()).collect()
}

async fn the_names_of_other_systems_are_understood(database: TestDatabase) {
    const ALIAS: &str = "an alias of the primary document, which new clients do not need";
    let api = Api::new(&database).await;
    let agent = api.ensure_mirrored(Role::SalesRep).await;
    let new = json!({
        "name": "John",
        "emailId": "john@example.com",
        "phone": "030 901820",
        "status": "New",
        "source": "Website",
        "company": "Lee & Co",
        "assignedAgent": agent,
    });
    let john = api.admin().post("/api/leads").json(&new).undocumented(ALIAS).await.expect(201).json();
    assert_eq!((&john["email"], &john["status"]), (&json!("john@example.com"), &json!("new")));
    assert_eq!((&john["organizationName"], &john["ownerId"]), (&json!("Lee & Co"), &json!(agent)));
    lead(&api, "Other").await;
    for query in [
        "status=New&search=john&page=1&limit=10&isArchived=false",
        "emailId=john@example.com",
        &format!("assignedAgent={agent}"),
        "source=website&statusType=open",
    ] {
        assert_eq!(names(&api, query).await, ["John"], "{query}");
    }
    let patch = json!({ "status": "In Progress", "assignedAgent": null });
    let john = api.admin().patch(path(&john)).json(&patch).undocumented(ALIAS).await.ok();
    assert_eq!((&john["status"], &john["ownerId"]), (&json!("in_progress"), &Value::Null));
    let body = json!({ "assignedAgent": agent });
    let given = api.admin().post(format!("{}/assign", path(&john))).json(&body).undocumented(ALIAS).await.ok();
    assert_eq!(given["ownerId"], json!(agent));
    let all = json!({ "leadIds": [john["id"]], "assignedAgent": agent });
    let all = api.admin().post("/api/leads/assign").json(&all).undocumented(ALIAS).await.ok();
    assert_eq!(all, json!({ "assigned": 0, "leads": [{ "leadId": john["id"], "outcome": "unchanged" }] }));
}

async fn a_refused_move_is_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let lead = lead(&api, "Lee & Co").await;
    let status = async |status: &str| api.admin().patch(path(&lead)).json(&json!({ "status": status })).await;
    status("qualified").await.expect(200);
    status("new").await.problem_at(409, "lead_status_move", "/status");
    assert_eq!(status("nonsense").await.violations(), [("/status".to_owned(), "status_unknown".to_owned())]);
}

async fn a_conversion_without_a_body_makes_a_customer(database: TestDatabase) {
    let api = Api::new(&database).await;
    let lead = lead(&api, "Lee & Co").await;
    let answer = api.admin().post(format!("{}/convert", path(&lead))).await.expect(200);
    let done = answer.json();
    assert_eq!((&done["customer"]["id"], &done["dryRun"]), (&lead["id"], &json!(false)));
    assert_eq!(done["lead"]["conversion"]["customerId"], lead["id"]);
    assert!(done.get("possibleDuplicates").is_none());
    let customer = format!("/api/customers/{}", lead["id"].as_str().expect("an id"));
    assert_eq!(api.admin().get(&customer).await.ok(), done["customer"]);
    assert!(names(&api, "").await.is_empty());
    assert_eq!(names(&api, "converted=true").await, ["Lee & Co"]);
    api.admin().patch(path(&lead)).json(&json!({ "rating": "hot" })).await.problem(409, "lead_converted");
}

async fn the_id_of_a_merged_lead_leads_to_the_customer(database: TestDatabase) {
    let api = Api::new(&database).await;
    let lead = lead(&api, "Ann").await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Ann Lee" })).await.expect(201).json();
    let into = json!({ "customerId": customer["id"] });
    let done = api.admin().post(format!("{}/convert", path(&lead))).json(&into).await.ok();
    assert_eq!((&done["customer"]["id"], &done["lead"]["conversion"]["isMerged"]), (&customer["id"], &json!(true)));
    let id = lead["id"].as_str().expect("an id");
    let led = api.admin().get(format!("/api/customers/{id}")).await.expect(308);
    let survivor = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    assert_eq!(led.header("location"), Some(&*survivor));
    assert_eq!(api.admin().get(path(&lead)).await.ok()["name"], "Ann", "the lead is still there");
}

async fn a_note_of_a_lead_has_its_own_place(database: TestDatabase) {
    let api = Api::new(&database).await;
    let lead = lead(&api, "Lee & Co").await;
    let notes = format!("{}/notes", path(&lead));
    let note = api.admin().post(&notes).json(&json!({ "body": "Called" })).await.expect(201);
    let place = note.header("location").expect("a place").to_owned();
    assert_eq!(api.admin().get(&place).await.ok(), note.json());
    assert_eq!(note.json()["customerId"], lead["id"]);
    let elsewhere = place.replacen("/leads/", "/customers/", 1);
    api.admin().get(elsewhere).await.problem(404, "not_found");
    let id = lead["id"].as_str().expect("an id");
    let task = json!({ "title": "Call back", "customerId": id });
    api.admin().post("/api/tasks").json(&task).await.expect(201);
    assert_eq!(api.admin().get(format!("/api/tasks?customerId={id}")).await.ok()["pagination"]["total"], 1);
    let call = json!({ "customerId": id, "subject": "First call" });
    api.admin().post("/api/interactions").json(&call).await.expect(201);
    let interactions = format!("{}/interactions", path(&lead));
    assert_eq!(api.admin().get(interactions).await.ok()["pagination"]["total"], 1);
}

async fn a_conversion_can_be_repeated_and_taken_back(database: TestDatabase) {
    let api = Api::new(&database).await;
    let lead = lead(&api, "Lee & Co").await;
    let convert = format!("{}/convert", path(&lead));
    let seen = api.admin().get(path(&lead)).await.etag();
    let (first, second) = (api.admin().post(&convert).await, api.admin().post(&convert).await);
    assert_eq!((first.status, first.json(), first.etag()), (200, second.json(), second.etag()));
    let undo = api.admin().post(format!("{convert}/undo")).if_match(&seen).await;
    undo.problem(412, "version_mismatch");
    let back = api.admin().post(format!("{convert}/undo")).await.ok();
    assert_eq!(back["conversion"], Value::Null);
    api.admin().post(format!("{convert}/undo")).await.problem(409, "lead_not_converted");
    assert_eq!(names(&api, "").await, ["Lee & Co"]);
}

async fn rules_assign_and_explain(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (admin, agent) = (api.admin(), api.ensure_mirrored(Role::SalesRep).await);
    let lead = lead(&api, "Lee & Co").await;
    let rule = json!({ "name": "Sales", "strategy": "round_robin", "userIds": [agent] });
    let rule = admin.post("/api/lead-assignment-rules").json(&rule).await.expect(201).json();
    let assign = format!("{}/assign", path(&lead));
    let dry = json!({ "byRules": true, "explain": true, "dryRun": true });
    let told = admin.post(&assign).json(&dry).await.ok();
    assert_eq!((&told["ownerId"], &told["explanation"][0]["outcome"]), (&json!(agent), &json!("decided")));
    assert_eq!(told["explanation"][0]["users"][0]["outcome"], "taken");
    assert_eq!(admin.get(path(&lead)).await.ok()["ownerId"], Value::Null);
    let given = admin.post(&assign).json(&json!({ "byRules": true })).await.ok();
    assert_eq!((&given["ownerId"], &given["assignedByRule"]["id"]), (&json!(agent), &rule["id"]));
    assert!(given.get("explanation").is_none());
    let both = json!({ "byRules": true, "ownerId": agent });
    let both = admin.post(&assign).json(&both).await;
    assert_eq!(both.violations(), [("/ownerId".to_owned(), "unexpected".to_owned())]);
    let new = admin.post("/api/leads").json(&json!({ "name": "New" })).await.expect(201).json();
    assert_eq!(new["assignedByRule"], given["assignedByRule"]);
    assert_eq!(names(&api, &format!("ownerId={agent}&sort=respondBy")).await.len(), 2);
    assert!(names(&api, "responseState=failed,first_response_due").await.is_empty());
}

async fn parameters_are_checked_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (name, value, code) in [
        ("statusType", "maybe", "parameter_invalid"),
        ("rating", "tepid", "parameter_invalid"),
        ("responseState", "late", "parameter_invalid"),
        ("ownerId", "the boss", "parameter_invalid"),
        ("converted", "perhaps", "parameter_invalid"),
        ("createdFrom", "yesterday", "parameter_invalid"),
    ] {
        let answer = api.admin().get("/api/leads").query([(name, value)]).await;
        answer.problem_of_parameter(400, code, name);
    }
    api.as_(Role::Viewer).get("/api/leads?trashed=true").await.problem(403, "forbidden");
}

async fn leads_come_from_files_and_go_to_files(database: TestDatabase) {
    let api = Api::new(&database).await;
    let file = "Full name,E-mail,Temperature,Status\nNoor Haddad,noor@example.com,hot,Contacted\nIvo,wrong,cold,New\n";
    let import = |query: &'static str| {
        api.admin().post(format!("/api/leads/import{query}")).file(file, Some(r#"{"Temperature": "rating"}"#))
    };
    let tried = import("?dryRun=true").await.ok();
    assert_eq!((&tried["created"], &tried["failed"]), (&json!(1), &json!(1)));
    assert!(names(&api, "").await.is_empty());
    let done = import("").await.ok();
    assert_eq!((&done["errors"][0]["row"], &done["errors"][0]["column"]), (&json!(3), &json!("E-mail")));
    assert_eq!(done["columns"][2], json!({ "column": "Temperature", "field": "rating" }));
    assert_eq!(names(&api, "status=contacted&rating=hot").await, ["Noor Haddad"]);
    let mapped = api.admin().post("/api/leads/import").file(file, Some(r#"{"Status": "lifecycleStage"}"#)).await;
    mapped.expect(400);

    let exported = api.admin().get("/api/leads/export?rating=hot").await.expect(200);
    assert!(exported.header("Content-Disposition").is_some_and(|name| name.contains("leads-")), "{exported}");
    assert!(exported.text().contains("noor@example.com"));
    let none = api.admin().get("/api/leads/export?format=ndjson&rating=cold").await.expect(200);
    assert_eq!(none.text(), "");
    api.admin().get("/api/leads/export?nope=1").await.expect(400);
    for role in [Role::SalesRep, Role::Viewer] {
        api.as_(role).get("/api/leads/export").await.expect(403);
        api.as_(role).post("/api/leads/import").file(file, None).await.expect(403);
    }
}

async fn many_are_converted_and_each_is_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (first, second) = (lead(&api, "First").await, lead(&api, "Second").await);
    let unknown = "019eca9d-cdc0-7000-8000-00000000ffff";
    let body = json!({ "leadIds": [first["id"], unknown, second["id"]] });
    let answer = api.admin().post("/api/leads/convert").json(&body).await.ok();
    let outcomes: Vec<&Value> =
        answer["leads"].as_array().expect("leads").iter().map(|lead| &lead["outcome"]).collect();
    assert_eq!(outcomes, [&json!("converted"), &json!("not_found"), &json!("converted")]);
    assert_eq!((&answer["converted"], &answer["leads"][0]["customerId"]), (&json!(2), &first["id"]));
    let again = api.admin().post("/api/leads/convert").json(&body).await.ok();
    assert_eq!((&again["converted"], &again["leads"][2]["outcome"]), (&json!(0), &json!("already_converted")));
    api.admin().post("/api/leads/convert").json(&json!({ "leadIds": [] })).await.expect(422);
}
