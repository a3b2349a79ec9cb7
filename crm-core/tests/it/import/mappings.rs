//! Saved mappings: which files they are proposed for, and what they are checked against.

use std::io::Cursor;

use crm_core::actor::Role;
use crm_core::customers::{ImportMode, ImportPreview};
use crm_core::import_mappings::{ImportMapping, ImportMappingQuery, NewImportMapping};
use crm_core::page::PageRequest;
use crm_core::{Conflict, Error};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::create;
use crate::support::{TestCrm, assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_file_with_the_same_headers_is_proposed_the_mapping,
        a_mapping_gives_the_options_of_an_import,
        a_mapping_is_checked_against_its_columns,
        names_are_unique_without_case_and_accents,
        mappings_are_of_those_who_may_import,
    ]);
}

fn new(json: Value) -> NewImportMapping {
    serde_json::from_value(json).expect("a saved mapping")
}

impl TestCrm {
    async fn save(&self, json: Value) -> crm_core::Result<ImportMapping> {
        self.scope(Role::Manager).import_mappings().create(new(json)).await
    }

    async fn proposed(&self, file: &'static str) -> crm_core::Result<ImportPreview> {
        self.scope(Role::Admin).customers().preview_import(Cursor::new(file), create()).await
    }
}

async fn a_file_with_the_same_headers_is_proposed_the_mapping(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let saved =
        crm.save(json!({ "name": "Shop", "columns": ["Full name", "Mail", ""], "mapping": { "#3": null } })).await?;
    for file in ["Full name,Mail,\nAnn\n", "FULL_NAME;mail;\nAnn\n", "\"Full\nname\",\" Mail.\",-\nAnn\n"] {
        let preview = crm.proposed(file).await?;
        assert_eq!(
            (preview.signature, preview.saved_mapping),
            (saved.signature.clone(), Some(saved.clone())),
            "{file}"
        );
    }
    for other in ["Full name,Mail\nAnn\n", "Mail,Full name,\nx\n", "Full name,Mail,Tier\nAnn\n"] {
        assert_eq!(crm.proposed(other).await?.saved_mapping, None, "{other}");
    }
    assert_eq!(crm.other_company().proposed("Full name,Mail,\nAnn\n").await?.saved_mapping, None);
    // Of several the one that was written last.
    let other = crm.save(json!({ "name": "Other", "columns": ["Full name", "mail", "-"] })).await?;
    assert_eq!(crm.proposed("Full name,Mail,\nAnn\n").await?.saved_mapping, Some(other.clone()));
    crm.admin().import_mappings().delete(other.id, None).await?;
    assert_eq!(crm.proposed("Full name,Mail,\nAnn\n").await?.saved_mapping, Some(saved.clone()));
    let query = ImportMappingQuery { signature: Some(saved.signature.clone()), ..Default::default() };
    let page = crm.admin().import_mappings().list(&query, &PageRequest::default()).await?;
    assert_eq!(page.data, [saved]);
    Ok(())
}

async fn a_mapping_gives_the_options_of_an_import(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let saved = crm
        .save(json!({
            "name": "Shop",
            "columns": ["Wer", "Mail", "Seit"],
            "mapping": { "Wer": "name", "Seit": "sourceCreatedAt" },
            "mode": "upsert",
            "dateOrder": "dmy",
        }))
        .await?;
    let options = saved.options();
    assert_eq!((options.mode, options.dry_run), (ImportMode::Upsert, false));
    let file = "Wer,Mail,Seit\nAnn,ann@example.com,05.06.2025\n";
    crm.import(file, &options).await?;
    let report = crm.import(file, &options).await?;
    assert_eq!((report.created, report.unchanged), (0, 1));
    let ann = crm.all().await?.remove(0);
    assert_eq!((ann.name.as_str(), ann.email.as_deref()), ("Ann", Some("ann@example.com")));
    assert!(ann.source_created_at.is_some_and(|at| at.to_rfc3339().starts_with("2025-06-05")));
    Ok(())
}

async fn a_mapping_is_checked_against_its_columns(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (body, pointer, code) in [
        (json!({ "name": "A" }), "/columns", "required"),
        (json!({ "name": "A", "columns": ["", " "] }), "/columns", "required"),
        (json!({ "name": "A", "columns": vec!["x"; 1_001] }), "/columns", "too_many"),
        (json!({ "name": "A", "columns": ["Name", "x".repeat(251)] }), "/columns/1", "too_long"),
        (json!({ "name": "A", "columns": ["Foo"] }), "/columns", "header_unknown"),
        (
            json!({ "name": "A", "columns": ["Name"], "mapping": { "a/b": "email" } }),
            "/mapping/a~1b",
            "mapping_invalid",
        ),
        (
            json!({ "name": "A", "columns": ["Name"], "mapping": { "Name": "nmae" } }),
            "/mapping/Name",
            "mapping_invalid",
        ),
        (json!({ "name": "A", "columns": ["Name"], "mode": "update" }), "/matchBy", "match_column_missing"),
        (
            json!({ "name": "A", "columns": ["Name"], "mode": "update", "matchBy": "externalRef" }),
            "/externalSystem",
            "required",
        ),
        (json!({ "name": " ", "columns": ["Name"] }), "/name", "required"),
    ] {
        let told = violations(crm.save(body.clone()).await);
        assert_eq!(told, [(pointer.to_owned(), code.to_owned())], "{body}");
    }
    assert_eq!(crm.count("crm_import_mappings").await?, 0);
    Ok(())
}

async fn names_are_unique_without_case_and_accents(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let saved = crm.save(json!({ "name": "Große Messe", "columns": ["Name"] })).await?;
    let taken = crm.save(json!({ "name": "GROSSE MESSE", "columns": ["Email"] })).await;
    assert_matches!(taken, Err(Error::Conflict(Conflict::ImportMappingNameTaken)));
    crm.other_company().save(json!({ "name": "Große Messe", "columns": ["Name"] })).await?;
    let other = crm.save(json!({ "name": "Other", "columns": ["Name"] })).await?;
    let mut scope = crm.admin();
    let taken = new(json!({ "name": "grosse messe", "columns": ["Name"] }));
    let renamed = scope.import_mappings().replace(other.id, taken, None).await;
    assert_matches!(renamed, Err(Error::Conflict(Conflict::ImportMappingNameTaken)));
    let whole = json!({ "name": "große Messe", "columns": ["Name", "Email"] });
    let replaced = scope.import_mappings().replace(saved.id, new(whole), Some(1)).await?;
    assert_ne!(replaced.signature, saved.signature, "the signature follows the columns");
    let stale =
        scope.import_mappings().replace(saved.id, new(json!({ "name": "x", "columns": ["Name"] })), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { current: 2, .. }));
    Ok(())
}

async fn mappings_are_of_those_who_may_import(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let saved = crm.save(json!({ "name": "Shop", "columns": ["Name"] })).await?;
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let mut scope = crm.scope(role);
        let mut mappings = scope.import_mappings();
        assert_matches!(mappings.get(saved.id).await, Err(Error::Forbidden { .. }));
        let list = mappings.list(&ImportMappingQuery::default(), &PageRequest::default()).await;
        assert_matches!(list, Err(Error::Forbidden { .. }));
        let body = json!({ "name": "B", "columns": ["Name"] });
        assert_matches!(mappings.create(new(body.clone())).await, Err(Error::Forbidden { .. }));
        assert_matches!(mappings.replace(saved.id, new(body), None).await, Err(Error::Forbidden { .. }));
        assert_matches!(mappings.delete(saved.id, None).await, Err(Error::Forbidden { .. }));
    }
    let mut stranger = crm.other_company().admin();
    assert_matches!(stranger.import_mappings().get(saved.id).await, Err(Error::NotFound { .. }));
    assert_matches!(stranger.import_mappings().delete(saved.id, None).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.admin().import_mappings().get(saved.id).await?, saved);
    Ok(())
}
