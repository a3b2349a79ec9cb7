//! `crm-http import`: a file, its report, the rows that failed, and the way back.

use std::path::Path;

use crm_core::sea_orm::ConnectionTrait;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use serde_json::json;
use testkit::{Suite, TestDatabase};
use uuid::{Uuid, uuid};

use crate::support::{Ended, SECRET, Serving, run};

const COMPANY: Uuid = uuid!("3f2b8a52-6f7c-4d0e-9a51-0c4d5f1e7b21");
const FILE: &str = "Wer,Mail\nAnn,ann@example.com\nBen,wrong\nCem,cem@example.com\n";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_file_is_tried_imported_and_taken_back,
        rows_are_matched_and_records_are_the_users,
        what_cannot_be_imported_is_told,
    ]);
}

fn settings(database: &TestDatabase) -> [(&str, &str); 2] {
    [("DATABASE_URL", &database.url), ("JWT_SECRET", SECRET)]
}

/// Runs it for a company.
fn import(database: &TestDatabase, arguments: &[&str]) -> Ended {
    let company = COMPANY.to_string();
    let arguments = [&["import", "--company", &company], arguments].concat();
    run(&arguments, &settings(database))
}

fn written(directory: &Path, text: &str) -> String {
    let path = directory.join("people.csv");
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a path").to_owned()
}

async fn count(database: &TestDatabase) -> i64 {
    let count = Query::select()
        .expr_as(Func::count(Expr::col("id")), "n")
        .from("crm_customers")
        .and_where(Expr::col("company_id").eq(COMPANY))
        .and_where(Expr::col("deleted_at").is_null())
        .to_owned();
    let row = database.connection.query_one(&count).await.expect("an answer").expect("a row");
    row.try_get("", "n").expect("a number")
}

/// The id behind an option that a text names.
fn named<'t>(text: &'t str, option: &str) -> &'t str {
    let (_, after) = text.split_once(&format!("{option} ")).unwrap_or_else(|| panic!("no {option} in {text}"));
    after.split_whitespace().next().unwrap_or_default()
}

async fn a_file_is_tried_imported_and_taken_back(database: TestDatabase) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), FILE);
    let mistyped = import(&database, &[&file, "--map", "Wer=name"]).fault();
    assert!(mistyped.contains("--new-company"), "{mistyped}");
    let tried = import(&database, &[&file, "--map", "Wer=name", "--new-company", "--dry-run"]).ok();
    assert!(tried.contains("2 would be created") && tried.contains("row 3, Mail"), "{tried}");
    assert_eq!(count(&database).await, 0);
    let done = import(&database, &[&file, "--map", "Wer=name", "--new-company"]).ok();
    assert!(done.contains("2 created") && done.contains("1 with errors"), "{done}");
    assert_eq!(count(&database).await, 2);
    let failed = std::fs::read_to_string(directory.path().join("people-failed.csv")).expect("the failed rows");
    assert!(failed.contains("Wer,Mail,") && failed.contains("\nBen,wrong,"), "{failed}");
    let id = named(&done, "--revert");
    let counted = import(&database, &["--revert", id, "--dry-run"]).ok();
    assert!(counted.contains("2 would be moved to the trash"), "{counted}");
    let reverted = import(&database, &["--revert", id]).ok();
    assert!(reverted.contains("2 moved to the trash"), "{reverted}");
    assert_eq!(count(&database).await, 0);
    let again = import(&database, &["--revert", id]).fault();
    assert!(again.contains("reverted"), "{again}");
    let resumed = import(&database, &["--resume", id]).fault();
    assert!(resumed.contains("not found"), "an import that is done does not go on: {resumed}");
}

async fn rows_are_matched_and_records_are_the_users(database: TestDatabase) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), "Name,Mail,City\nAnn,ann@example.com,Oslo\n");
    let upsert = [file.as_str(), "--new-company", "--mode", "upsert", "--match-by", "email", "--user", "kim"];
    assert!(import(&database, &upsert).ok().contains("1 created"));
    written(directory.path(), "Name,Mail,City\nAnn,ann@example.com,Bergen\n");
    let done = import(&database, &upsert).ok();
    assert!(done.contains("0 created, 1 updated"), "{done}");
    // The token of this user names them as the author.
    let company = COMPANY.to_string();
    let token = ["token", "--company", &company, "--user", "kim", "--role", "admin"];
    let token = run(&token, &settings(&database)).ok();
    let serving = Serving::start(&["serve"], &settings(&database)).await;
    let list = serving.client().with_token(token.trim()).get("/api/customers").await.ok();
    let ann = &list["data"][0];
    assert_eq!((&ann["city"], &ann["createdBy"]["kind"]), (&json!("Bergen"), &json!("user")), "{ann}");
}

async fn what_cannot_be_imported_is_told(database: TestDatabase) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), "A,B\nx,y\n");
    let unknown = import(&database, &[&file, "--new-company"]).fault();
    assert!(unknown.contains("must name the columns"), "{unknown}");
    let file = written(directory.path(), FILE);
    let wrong = import(&database, &[&file, "--new-company", "--map", "Wer=nope"]).fault();
    assert!(wrong.contains("mapping/Wer: unknown field"), "{wrong}");
    let missing = import(&database, &["/nowhere/people.csv", "--new-company"]).fault();
    assert!(missing.contains("/nowhere/people.csv"), "{missing}");
    for arguments in [&[][..], &[file.as_str(), "--mode", "replace"], &[file.as_str(), "--resume", "1"]] {
        let ended = import(&database, arguments);
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    }
    assert_eq!(count(&database).await, 0);
}
