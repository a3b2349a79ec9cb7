//! Stored imports over HTTP: a file is stored, previewed, tried, imported by a job, and reverted.

use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api, Call};

const IMPORTS: &str = "/api/imports";
const FILE: &str = "Wer,Mail\nAnn,ann@example.com\nBen,wrong\nCem,cem@example.com\n";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            options_are_members_of_the_body,
            a_file_that_is_no_table_is_not_stored,
            nobody_else_finds_a_file,
            starting_again_changes_nothing,
        ];
        own: [
            a_file_is_tried_imported_and_reverted,
            a_saved_mapping_gives_what_is_left_out,
            a_cancelled_import_goes_on,
            a_large_file_is_imported_in_pieces,
        ]
    );
}

async fn stored(api: &Api, file: &str) -> String {
    let answer = api.admin().post(IMPORTS).file(file, None).await.expect(201);
    let import = answer.json();
    let id = import["id"].as_str().expect("an id").to_owned();
    assert_eq!(answer.header("location"), Some(format!("{IMPORTS}/{id}").as_str()));
    id
}

fn at(api: &Api, id: &str, action: &str) -> Call {
    api.admin().post(format!("{IMPORTS}/{id}/{action}"))
}

async fn run(api: &Api) {
    api.crm.run_due_jobs(&api.database.connection, &JobOptions::default()).await.expect("the jobs");
}

async fn import(api: &Api, id: &str) -> Value {
    api.admin().get(format!("{IMPORTS}/{id}")).await.ok()
}

fn counts(report: &Value) -> [&Value; 3] {
    ["created", "unchanged", "failed"].map(|name| &report[name])
}

async fn total(api: &Api) -> Value {
    api.admin().get("/api/customers").await.ok()["pagination"]["total"].clone()
}

async fn a_file_is_tried_imported_and_reverted(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = stored(&api, FILE).await;
    let list = api.admin().get(IMPORTS).await.ok();
    assert_eq!((&list["data"][0]["id"], &list["data"][0]["rows"]), (&json!(id), &json!(3)));
    let preview = at(&api, &id, "preview").json(&json!({ "mapping": { "Wer": "name" } })).await.ok();
    assert_eq!((&preview["rows"], &preview["errors"][0]["row"]), (&json!(3), &json!(3)));
    let options = json!({ "mapping": preview["mapping"], "dryRun": true });
    let tried = at(&api, &id, "start").json(&options).await.expect(202).json();
    assert_eq!(tried["options"]["dryRun"], true);
    run(&api).await;
    let tried = import(&api, &id).await;
    assert_eq!(counts(&tried["report"]), [&json!(2), &json!(0), &json!(1)]);
    assert_eq!((total(&api).await, &tried["revertibleUntil"]), (json!(0), &Value::Null));
    at(&api, &id, "revert").json(&json!({})).await.problem(409, "import_not_started");

    let started = at(&api, &id, "start").json(&json!({ "mapping": preview["mapping"] })).await.expect(202).json();
    at(&api, &id, "revert").json(&json!({})).await.problem(409, "import_running");
    run(&api).await;
    let job = api.admin().get(format!("/api/jobs/{}", started["jobId"].as_str().expect("a job"))).await.ok();
    assert_eq!((&job["state"], &job["progress"]), (&json!("done"), &json!(100)));
    let done = import(&api, &id).await;
    assert_eq!((counts(&done["report"]), &done["lastRow"]), ([&json!(2), &json!(0), &json!(1)], &json!(4)));
    let failed = api.admin().get(format!("{IMPORTS}/{id}/failed-rows")).await.expect(200);
    assert_eq!(failed.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(failed.text().contains("\nBen,wrong,"), "{failed}");
    at(&api, &id, "preview").json(&json!({})).await.problem(404, "not_found");

    let counted = at(&api, &id, "revert").json(&json!({ "dryRun": true })).await.ok();
    assert_eq!((&counted["trashed"], total(&api).await), (&json!(2), json!(2)));
    let reverted = at(&api, &id, "revert").json(&json!({})).await.ok();
    assert_eq!((&reverted["trashed"], total(&api).await), (&json!(2), json!(0)));
    assert_eq!(import(&api, &id).await["reverted"], reverted);
    at(&api, &id, "revert").json(&json!({})).await.problem(409, "import_reverted");
    api.admin().delete(format!("{IMPORTS}/{id}")).await.expect(204);
    api.admin().get(format!("{IMPORTS}/{id}")).await.problem(404, "not_found");
}

async fn a_saved_mapping_gives_what_is_left_out(database: TestDatabase) {
    let api = Api::new(&database).await;
    let body = json!({ "name": "Wer", "columns": ["Wer", "Mail"], "mapping": { "Wer": "name" }, "mode": "upsert" });
    let saved = api.admin().post("/api/import-mappings").json(&body).await.expect(201).json();
    for expected in [[2, 0, 1], [0, 2, 1]] {
        let id = stored(&api, FILE).await;
        at(&api, &id, "start").json(&json!({ "mappingId": saved["id"] })).await.expect(202);
        run(&api).await;
        let report = import(&api, &id).await["report"].clone();
        assert_eq!(counts(&report), [&json!(expected[0]), &json!(expected[1]), &json!(expected[2])]);
    }
}

async fn options_are_members_of_the_body(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = stored(&api, FILE).await;
    let refused = |answer: Answer, status, code, pointer| {
        let problem = answer.problem(status, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    };
    for action in ["preview", "start"] {
        let call = |body: Value| at(&api, &id, action).json(&body);
        refused(call(json!({ "mapping": { "Wer": "nope" } })).await, 400, "mapping_invalid", "/mapping/Wer");
        refused(
            call(json!({ "mode": "upsert", "matchBy": "externalRef" })).await,
            400,
            "parameter_invalid",
            "/externalSystem",
        );
        call(json!({ "sheets": "One" })).await.expect(400);
        call(json!({ "mode": "replace" })).await.expect(400);
        let unknown = call(json!({ "mappingId": uuid::Uuid::now_v7() })).await;
        refused(unknown, 422, "invalid", "/mappingId");
    }
    let unknown = stored(&api, "A,B\nx,y\n").await;
    at(&api, &unknown, "start").json(&json!({})).await.problem(400, "header_unknown");
    let import = import(&api, &id).await;
    assert_eq!((&import["jobId"], &import["options"]), (&Value::Null, &Value::Null), "nothing is started");
}

async fn a_file_that_is_no_table_is_not_stored(database: TestDatabase) {
    let api = Api::new(&database).await;
    let post = |file: &'static str| api.admin().post(IMPORTS).file(file, None);
    post("%PDF-1.7\n%abc").await.problem_of_parameter(400, "file_invalid", "file");
    post("Name\n").await.problem_of_parameter(400, "file_invalid", "file");
    post("").await.problem_of_parameter(400, "file_invalid", "file");
    let mapped = api.admin().post(IMPORTS).file(FILE, Some("{}")).await;
    mapped.problem_of_parameter(400, "unknown_field", "mapping");
    assert_eq!(api.admin().get(IMPORTS).await.ok()["data"], json!([]));
}

async fn nobody_else_finds_a_file(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = stored(&api, FILE).await;
    let path = format!("{IMPORTS}/{id}");
    for client in [api.as_(Role::Manager), api.other_company().admin()] {
        assert_eq!(client.get(IMPORTS).await.ok()["data"], json!([]));
        for call in [
            client.get(path.clone()),
            client.get(format!("{path}/failed-rows")),
            client.post(format!("{path}/preview")).json(&json!({})),
            client.post(format!("{path}/start")).json(&json!({})),
            client.post(format!("{path}/revert")).json(&json!({})),
            client.delete(path.clone()),
        ] {
            call.await.problem(404, "not_found");
        }
    }
    assert_eq!(import(&api, &id).await["jobId"], Value::Null);
}

async fn starting_again_changes_nothing(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = stored(&api, FILE).await;
    let body = json!({ "mapping": { "Wer": "name" } });
    let first = at(&api, &id, "start").json(&body).await.expect(202).json();
    let again = at(&api, &id, "start").json(&json!({ "mapping": {}, "dryRun": true })).await.expect(202).json();
    assert_eq!(first, again);
}

async fn a_cancelled_import_goes_on(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = stored(&api, FILE).await;
    let started = at(&api, &id, "start").json(&json!({ "mapping": { "Wer": "name" } })).await.expect(202).json();
    let job = format!("/api/jobs/{}", started["jobId"].as_str().expect("a job"));
    api.admin().post(format!("{job}/cancel")).await.expect(200);
    run(&api).await;
    assert_eq!(total(&api).await, 0);
    api.admin().post(format!("{job}/retry")).await.expect(200);
    run(&api).await;
    assert_eq!(total(&api).await, 2);
}

/// More than three pieces, one of whose ends is within a row.
async fn a_large_file_is_imported_in_pieces(database: TestDatabase) {
    let api = Api::new(&database).await;
    let text = "x".repeat(4_000);
    let rows: String = (0..500).map(|number| format!("Firm {number},{text}\n")).collect();
    let id = stored(&api, &format!("Name,Description\n{rows}")).await;
    let before = import(&api, &id).await;
    assert_eq!((&before["rows"], before["size"].as_u64() > Some(2_000_000)), (&json!(500), true));
    let preview = at(&api, &id, "preview").json(&json!({})).await.ok();
    assert_eq!(preview["rows"], 100);
    at(&api, &id, "start").json(&json!({})).await.expect(202);
    run(&api).await;
    assert_eq!(import(&api, &id).await["report"]["created"], 500);
    assert_eq!(total(&api).await, 500);
}
