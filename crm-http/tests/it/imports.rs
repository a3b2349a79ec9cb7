//! Previews of imports, and imports with saved mappings.

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Api};

const FILE: &str = "Wer,Mail,Seit\nAnn,ann@example.com,05.06.2025\nBen,wrong,\n";

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_preview_tells_what_an_import_would_do,
        a_saved_mapping_is_proposed_and_used,
        parameters_of_the_request_come_before_the_saved_ones,
        a_mapping_that_is_not_there_is_refused,
    ]);
}

async fn sent(api: &Api, path: &str, query: &[(&str, &str)], mapping: Option<&str>) -> Answer {
    api.admin().post(format!("/api/customers/{path}")).query(query.iter().copied()).file(FILE, mapping).await
}

async fn a_preview_tells_what_an_import_would_do(database: TestDatabase) {
    let api = Api::new(&database).await;
    let problem = sent(&api, "import/preview", &[("mode", "upsert"), ("matchBy", "phone")], None).await.ok();
    assert_eq!(problem["problem"]["code"], "match_column_missing");
    let before = api.records().await;
    let preview = sent(&api, "import/preview", &[], Some(r#"{"Wer": "name"}"#)).await.ok();
    assert_eq!((&preview["delimiter"], &preview["headerRow"], &preview["rows"]), (&json!(","), &json!(1), &json!(2)));
    assert_eq!(preview["mapping"], json!({ "Wer": "name", "Mail": "email", "Seit": "customFields.seit" }));
    assert_eq!(preview["errors"][0]["row"], 3);
    assert_eq!(api.records().await, before, "nothing is written");
    let import = sent(&api, "import", &[("dryRun", "true")], Some(&preview["mapping"].to_string())).await.ok();
    assert_eq!(import["errors"], preview["errors"]);
    assert_eq!((&import["created"], &import["failed"]), (&json!(1), &json!(1)));
}

/// Saves a mapping for the file, and gives its id.
async fn saved(api: &Api) -> String {
    let body = json!({
        "name": "Shop",
        "columns": ["Wer", "Mail", "Seit"],
        "mapping": { "Wer": "name", "Seit": "sourceCreatedAt" },
        "mode": "upsert",
        "dateOrder": "dmy",
    });
    let saved = api.admin().post("/api/import-mappings").json(&body).await.expect(201).json();
    saved["id"].as_str().expect("an id").to_owned()
}

/// The fields of the columns.
fn fields(answer: &Value) -> Vec<&str> {
    answer["columns"].as_array().expect("columns").iter().filter_map(|column| column["field"].as_str()).collect()
}

async fn a_saved_mapping_is_proposed_and_used(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = saved(&api).await;
    let preview = sent(&api, "import/preview", &[], Some(r#"{"Wer": "name"}"#)).await.ok();
    assert_eq!(preview["savedMapping"]["id"], json!(id));
    let by_it = [("mappingId", id.as_str())];
    let preview = sent(&api, "import/preview", &by_it, None).await.ok();
    assert_eq!(fields(&preview), ["name", "email", "sourceCreatedAt"]);
    let report = sent(&api, "import", &by_it, None).await.ok();
    assert_eq!((&report["created"], fields(&report)), (&json!(1), vec!["name", "email", "sourceCreatedAt"]));
    let again = sent(&api, "import", &by_it, None).await.ok();
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(1)), "the mode is the saved one");
    let list = api.admin().get("/api/import-mappings").query([("signature", preview["signature"].as_str().unwrap())]);
    assert_eq!(list.await.ok()["pagination"]["total"], 1);
    let none = api.admin().get("/api/import-mappings").query([("signature", "other")]).await.ok();
    assert_eq!(none["pagination"]["total"], 0);
}

async fn parameters_of_the_request_come_before_the_saved_ones(database: TestDatabase) {
    let api = Api::new(&database).await;
    let id = saved(&api).await;
    let query = [("mappingId", id.as_str()), ("mode", "create"), ("dryRun", "true")];
    let own = r#"{"Seit": null, "Mail": "customFields.mail"}"#;
    let report = sent(&api, "import", &query, Some(own)).await.ok();
    assert_eq!((&report["created"], fields(&report)), (&json!(2), vec!["name", "customFields.mail"]));
}

async fn a_mapping_that_is_not_there_is_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    let foreign = saved(&api.other_company()).await;
    let before = api.records().await;
    for id in [foreign, uuid::Uuid::now_v7().to_string()] {
        for path in ["import", "import/preview"] {
            let answer = sent(&api, path, &[("mappingId", id.as_str())], None).await;
            answer.problem_of_parameter(422, "invalid", "mappingId");
        }
    }
    assert_eq!(api.records().await, before);
    sent(&api, "import", &[("mappingId", "nonsense")], None).await.problem_of_parameter(
        400,
        "parameter_invalid",
        "mappingId",
    );
}
