//! Files beside CSV: sent as clients send them, and exported in each format.

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        files_of_all_formats_are_imported,
        what_a_part_is_sent_as_is_compared,
        a_sheet_is_chosen_by_its_name,
        exports_have_their_formats,
    ]);
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Sends a part of this media type.
async fn import(api: &Api, query: &[(&str, &str)], (media_type, name): (&str, &str), file: &[u8]) -> Answer {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    api.admin()
        .post("/api/customers/import")
        .query(query.iter().copied())
        .body("multipart/form-data; boundary=b", body)
        .await
}

async fn export(api: &Api, format: &str) -> Answer {
    api.admin().get("/api/customers/export").query([("format", format)]).await.expect(200)
}

async fn names(api: &Api) -> Vec<String> {
    let list = api.admin().get("/api/customers").query([("sort", "name")]).await.ok();
    let name = |customer: &Value| customer["name"].as_str().unwrap_or_default().to_owned();
    list["data"].as_array().expect("records").iter().map(name).collect()
}

async fn add(api: &Api, name: &str) {
    let body = json!({ "name": name, "email": format!("{}@example.com", name.to_lowercase()) });
    api.admin().post("/api/customers").json(&body).await.expect(201);
}

async fn files_of_all_formats_are_imported(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, "Ann").await;
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cem\r\nEMAIL;TYPE=WORK:cem@example.com\r\nPHOTO;ENCODING=b:AAAA\r\nEND:VCARD\r\n";
    let report = import(&api, &[], ("text/vcard", "cem.vcf"), card.as_bytes()).await.ok();
    assert_eq!((&report["created"], &report["warningDetails"][0]["code"]), (&json!(1), &json!("media_left_out")));
    let lines = "{\"name\": \"Di\"}\n{\"name\": \"Bad\", \"email\": \"nobody\"}\n";
    let report = import(&api, &[], ("application/x-ndjson", "a.ndjson"), lines.as_bytes()).await.ok();
    assert_eq!((&report["created"], &report["errors"][0]["row"]), (&json!(1), &json!(2)));
    // The name of a file says nothing.
    let report = import(&api, &[], ("application/octet-stream", "a.xlsx"), b"[{\"name\": \"Eli\"}]").await.ok();
    assert_eq!(report["created"], 1);
    let book = export(&api, "xlsx").await.body;
    let other = api.other_company();
    let tried = import(&other, &[("dryRun", "true")], (XLSX, "customers.xlsx"), &book).await.ok();
    assert_eq!((&tried["created"], names(&other).await.len()), (&json!(4), 0));
    assert_eq!(import(&other, &[], (XLSX, "customers.xlsx"), &book).await.ok()["created"], 4);
    assert_eq!(names(&other).await, ["Ann", "Cem", "Di", "Eli"]);
}

async fn what_a_part_is_sent_as_is_compared(database: TestDatabase) {
    let api = Api::new(&database).await;
    for media_type in [XLSX, "text/vcard", "application/json"] {
        let answer = import(&api, &[], (media_type, "a.csv"), b"Name\nAnn\n").await;
        answer.problem_of_parameter(400, "file_invalid", "file");
    }
    for (file, name) in [(b"%PDF-1.7".as_slice(), "PDF"), (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", "XLS")] {
        let answer = import(&api, &[], ("application/vnd.ms-excel", "a.xls"), file).await;
        assert!(answer.text().contains(name), "{answer}");
        answer.problem_of_parameter(400, "file_invalid", "file");
    }
    assert_eq!(import(&api, &[], ("application/vnd.ms-excel", "a.csv"), b"Name\nAnn\n").await.ok()["created"], 1);
}

async fn a_sheet_is_chosen_by_its_name(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, "Ann").await;
    let book = export(&api, "xlsx").await.body;
    let sheet = async |name: &str| import(&api, &[("sheet", name), ("dryRun", "true")], (XLSX, "a.xlsx"), &book).await;
    sheet("Sheet1").await.expect(200);
    sheet("Nothing").await.problem_of_parameter(400, "sheet_unknown", "sheet");
    sheet(&"x".repeat(32)).await.problem_of_parameter(400, "parameter_invalid", "sheet");
}

async fn exports_have_their_formats(database: TestDatabase) {
    let api = Api::new(&database).await;
    for name in ["Ann", "Bo"] {
        add(&api, name).await;
    }
    for (format, media_type, extension) in [
        ("csv", "text/csv", "csv"),
        ("xlsx", XLSX, "xlsx"),
        ("ndjson", "application/x-ndjson", "ndjson"),
        ("vcard", "text/vcard", "vcf"),
    ] {
        let file = export(&api, format).await;
        assert_eq!(file.content_type(), media_type);
        let name = file.header("content-disposition").unwrap_or_default().to_owned();
        assert!(name.ends_with(&format!(".{extension}\"")), "{name}");
        let other = api.other_company();
        let report = import(&other, &[], (media_type, "a"), &file.body).await.ok();
        assert_eq!(
            (&report["created"], names(&other).await),
            (&json!(2), vec!["Ann".to_owned(), "Bo".to_owned()]),
            "{format}"
        );
    }
    let cards = export(&api, "vcard").await.text().to_owned();
    assert!(cards.contains("FN:Bo\r\n") && cards.contains("EMAIL;PREF=1:bo@example.com\r\n"), "{cards}");
}
