//! Stored files of all formats: looked at, imported by a job that goes on, and what failed as a table.

use std::io::Cursor;

use crm_core::actor::Role;
use crm_core::customers::{ImportFormat, ImportOptions, StoredImport};
use crm_core::jobs::JobOptions;
use testkit::{Suite, TestDatabase};

use super::super::{counts, create};
use super::refusal;
use super::sheets::workbook;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    // Workers take the jobs of all companies.
    testkit::tests!(suite, own: [
        files_of_all_formats_are_stored_and_imported,
        large_files_are_looked_at_as_a_whole,
    ]);
}

/// Three rows, of which the second one fails.
fn files() -> [(&'static str, Vec<u8>); 3] {
    let rows: [&[&str]; 4] =
        [&["Name", "Email"], &["=Ann", "ann@example.com"], &["+Bad", "nobody"], &["Cem", "cem@example.com"]];
    let card =
        |name: &str, email: &str| format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{name}\r\nEMAIL:{email}\r\nEND:VCARD\r\n");
    let line = |name: &str, email: &str| format!("{{\"name\": \"{name}\", \"email\": \"{email}\"}}\n");
    let all = |one: &dyn Fn(&str, &str) -> String| rows[1..].iter().map(|row| one(row[0], row[1])).collect::<String>();
    [
        ("people.xlsx", workbook(&rows)),
        ("people.vcf", all(&card).into_bytes()),
        ("people.ndjson", all(&line).into_bytes()),
    ]
}

async fn imported(crm: &TestCrm, name: &str, file: Vec<u8>) -> anyhow::Result<StoredImport> {
    let mut scope = crm.scope(Role::Manager);
    let import = scope.imports().add(name, Cursor::new(file)).await?;
    scope.imports().start(import.id, create()).await?;
    crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await?;
    Ok(scope.imports().get(import.id).await?)
}

async fn failed(crm: &TestCrm, import: &StoredImport) -> anyhow::Result<String> {
    let (mut scope, mut failed, mut after) = (crm.scope(Role::Manager), String::new(), None);
    while let Some(piece) = scope.imports().failed_rows(import.id, after).await? {
        failed += std::str::from_utf8(&piece.content)?;
        after = Some(piece.number);
    }
    Ok(failed)
}

async fn files_of_all_formats_are_stored_and_imported(database: TestDatabase) -> anyhow::Result<()> {
    for (name, file) in files() {
        let crm = TestCrm::new(&database);
        let mut scope = crm.scope(Role::Manager);
        let stored = scope.imports().add(name, Cursor::new(file.clone())).await?;
        let seen = scope.imports().preview(stored.id, &ImportOptions::default()).await?;
        assert_eq!((stored.rows, seen.rows), (3, 3), "{name}");
        let has = |text: &str| seen.columns.iter().any(|column| column.samples.contains(&text.to_owned()));
        assert!(has("=Ann") || has("'=Ann"), "{name}: {:?}", seen.columns);
        assert!(seen.columns.iter().any(|column| column.field.as_deref() == Some("email")), "{name}");
        let unknown = [("Nothing".to_owned(), Some("name".to_owned()))].into();
        let refused = scope.imports().start(stored.id, ImportOptions { mapping: unknown, ..create() }).await;
        assert!(refusal(refused).starts_with("mapping_invalid"), "{name}");

        let report = imported(&crm, name, file).await?;
        let report_of = report.report.clone().unwrap();
        assert_eq!(counts(&report_of), [2, 0, 0, 1], "{name}: {report_of:?}");
        // Mended, the file of the rows that failed is imported like any table. Spreadsheets execute nothing of it.
        let table = failed(&crm, &report).await?;
        assert!(table.contains("'+Bad") && table.contains("Import error"), "{name}: {table}");
        let mended = imported(&crm, "mended.csv", table.replace("nobody", "bad@example.com").into_bytes()).await?;
        assert_eq!(counts(&mended.report.unwrap()), [1, 0, 0, 0], "{name}");
        let names: Vec<String> = crm.all().await?.into_iter().map(|customer| customer.name).collect();
        assert_eq!(names, ["=Ann", "Cem", "+Bad"], "{name}");
    }
    let crm = TestCrm::new(&database);
    let mut scope = crm.scope(Role::Manager);
    let said = scope.imports().add_as("a.vcf", Some(ImportFormat::Vcard), Cursor::new("Name\nAnn\n")).await;
    assert!(refusal(said).contains("sent as vCard"));
    Ok(())
}

async fn large_files_are_looked_at_as_a_whole(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lines: String = (0..9_000)
        .map(|number| format!("{{\"name\": \"Customer {number}\", \"story\": \"{}\"}}\n", "x".repeat(60)))
        .collect();
    // The last line has a column that no other has.
    let file = format!("{lines}{{\"name\": \"Last\", \"email\": \"last@example.com\"}}\n");
    assert!(file.len() > 600_000);
    let mut scope = crm.scope(Role::Manager);
    let import = scope.imports().add("many.ndjson", Cursor::new(file)).await?;
    let seen = scope.imports().preview(import.id, &ImportOptions::default()).await?;
    assert_eq!((import.rows, seen.columns.len()), (9_001, 3));
    let options = ImportOptions { dry_run: true, ..create() };
    scope.imports().start(import.id, options).await?;
    crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await?;
    let report = scope.imports().get(import.id).await?.report.unwrap();
    assert_eq!(counts(&report), [9_001, 0, 0, 0]);
    Ok(())
}
