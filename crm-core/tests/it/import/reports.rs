//! The report of an import, who may import, and concurrent writes.

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::{ImportOptions, MatchBy, NewCustomer};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{counts, create, faults, upsert};
use crate::support::{TestCrm, assert_matches, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        only_some_may_import,
        a_dry_run_writes_nothing,
        all_faults_of_a_row_are_told,
        faults_are_counted_beyond_those_that_are_told,
        what_contradicts_itself_is_refused_at_once,
        a_file_that_cannot_be_read_was_not_imported,
        a_host_may_take_it_all_back,
        imports_at_the_same_time_do_not_harm_each_other,
        an_import_may_run_on_a_task_of_its_own,
    ]; plain: [a_report_reads_as_documented]);
}

async fn only_some_may_import(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for role in Role::ALL {
        let outcome = crm.scope(*role).customers().import(&b"Name\nAnn\n"[..], create()).await;
        match role {
            Role::Admin | Role::Manager => assert_eq!(counts(&outcome?), [1, 0, 0, 0]),
            _ => assert_matches!(outcome, Err(Error::Forbidden { .. })),
        }
    }
    let audit = crm.admin().audit().list(None, &Default::default()).await?;
    let refused = audit.data.iter().filter(|entry| entry.action == "import").count();
    assert_eq!(refused, 3);
    Ok(())
}

async fn a_dry_run_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.import("Email,Name\nann@example.com,Ann\n", &create()).await?;
    let (before, records) = (crm.all().await?, crm.records().await?);
    let file = "Email,Name\nann@example.com,Anna\nbob@example.com,Bob\nbob@example.com,Bob\nx,Bad\n";
    let dry = ImportOptions { dry_run: true, ..upsert(MatchBy::Email) };
    let rehearsed = crm.import(file, &dry).await?;
    assert_eq!((crm.all().await?, crm.records().await?), (before, records));
    let mut report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!(counts(&report), [1, 1, 1, 1]);
    assert!(rehearsed.dry_run && !report.dry_run);
    report.dry_run = true;
    assert_eq!(rehearsed, report);
    Ok(())
}

async fn all_faults_of_a_row_are_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let long = "x".repeat(300);
    let file =
        format!("Name,Email,Website,Status,Archived\n{long},ann,not a site,new,maybe\nBob,bob@example.com,,active,\n");
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    let mut told = faults(&report);
    told.sort_unstable();
    assert_eq!(
        told,
        [
            (2, Some("Archived"), "boolean_invalid"),
            (2, Some("Email"), "email_invalid"),
            (2, Some("Name"), "too_long"),
            (2, Some("Website"), "website_invalid"),
        ]
    );
    // What stands in a cell is not repeated: reports go into logs and tickets.
    assert!(!json!(report).to_string().contains("not a site"));
    Ok(())
}

async fn faults_are_counted_beyond_those_that_are_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = format!("Name,Email,Archived\n{}Ann,,\n", "Bad,x,maybe\n".repeat(1_200));
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 1_200]);
    assert_eq!((report.errors.len(), report.error_count), (1_000, 2_400));
    assert_eq!((report.errors[0].row, report.errors[999].row), (2, 501));
    Ok(())
}

async fn what_contradicts_itself_is_refused_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name,Email\nAnn,ann@example.com\n";
    assert_eq!(malformed(crm.import(file, &upsert(MatchBy::ExternalRef)).await), "parameter_invalid");
    assert_eq!(malformed(crm.import(file, &upsert(MatchBy::Phone)).await), "match_column_missing");
    for system in ["\0", "a\0b", "a\nb", " ", &"x".repeat(65)] {
        let options = ImportOptions { external_system: Some(system.into()), ..create() };
        assert_eq!(malformed(crm.import(file, &options).await), "parameter_invalid", "{system:?}");
    }
    let mapped = |to: &str| ImportOptions { mapping: [("Name".into(), Some(to.into()))].into(), ..create() };
    assert_eq!(malformed(crm.import(file, &mapped("nmae")).await), "mapping_invalid");
    assert_eq!(crm.all().await?.len(), 0);
    Ok(())
}

async fn a_file_that_cannot_be_read_was_not_imported(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for file in ["", "Heather,Callahan\n", "Name,\"Notes\n"] {
        crm.import(file, &create()).await.expect_err("it cannot be read");
    }
    let imported = async || -> anyhow::Result<usize> {
        let audit = crm.admin().audit().list(None, &Default::default()).await?;
        Ok(audit.data.iter().filter(|entry| entry.action == "imported").count())
    };
    assert_eq!(imported().await?, 0);
    crm.import("Name\n", &create()).await?;
    assert_eq!(imported().await?, 1);
    Ok(())
}

async fn a_host_may_take_it_all_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name\nAnn\n";
    let mut host = crm_core::begin_write(&crm.db).await?;
    let report =
        crm.crm.within(crm.actor(Role::Admin), &mut host).customers().import(file.as_bytes(), create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    host.rollback().await?;
    assert_eq!(crm.all().await?.len(), 0);
    let mut host = crm_core::begin_write(&crm.db).await?;
    crm.crm.within(crm.actor(Role::Admin), &mut host).customers().import(file.as_bytes(), create()).await?;
    host.commit().await?;
    assert_eq!(crm.all().await?.len(), 1);
    Ok(())
}

async fn imports_at_the_same_time_do_not_harm_each_other(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.create(NewCustomer::organization("Meets the company")).await?;
    let row = |number: usize| format!("c{number}@example.com,Customer {number}\n");
    let forth: String = (0..700).map(row).collect();
    let back: String = (0..700).rev().map(row).collect();
    let (forth, back) = (format!("Email,Name\n{forth}"), format!("Email,Name\n{back}"));
    let options = upsert(MatchBy::Email);
    let (one, two) = tokio::join!(crm.import(forth, &options), crm.import(back, &options));
    let (one, two) = (one?, two?);
    assert_eq!(one.failed + two.failed, 0, "{:?} {:?}", one.errors.first(), two.errors.first());
    assert_eq!((one.created + two.created, one.unchanged + two.unchanged), (700, 700));
    assert_eq!(crm.all().await?.len(), 701);
    Ok(())
}

async fn an_import_may_run_on_a_task_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.scope(Role::Manager);
    let import = async move { scope.customers().import(&b"Name\nAnn\n"[..], create()).await };
    assert_eq!(counts(&tokio::spawn(import).await??), [1, 0, 0, 0]);
    Ok(())
}

fn a_report_reads_as_documented() {
    let report: crm_core::customers::ImportReport = serde_json::from_value(json!({
        "dryRun": false, "created": 1, "updated": 0, "unchanged": 0, "failed": 1, "warnings": 0, "errorCount": 1,
        "errors": [{ "row": 3, "column": "Email", "code": "email_invalid", "message": "expected an e-mail address" }],
        "warningDetails": [], "columns": [{ "column": "Email", "field": "email" }]
    }))
    .expect("the documented form");
    assert_eq!(json!(report)["errors"][0]["row"], 3);
}
