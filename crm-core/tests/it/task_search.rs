//! Words are found in the titles of tasks.

use crm_core::CompanyScope;
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskPatch, TaskQuery};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [words_are_found_in_titles]);
}

/// The titles of all tasks that a query finds; the count is the same.
async fn titles(scope: &mut CompanyScope<'_>, query: &TaskQuery) -> crm_core::Result<Vec<String>> {
    let page = scope.tasks().list(query, &PageRequest::default().count(Count::Exact)).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data.into_iter().map(|task| task.title).collect())
}

async fn words_are_found_in_titles(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    for title in ["Send the Größe chart", "Call Müller", "100 % done?"] {
        scope.tasks().create(NewTask::titled(title)).await?;
    }
    for (text, count) in [
        ("", 3),
        ("  ", 3),
        ("GROSSE", 1),
        ("chart send", 1),
        ("chart call", 0),
        ("uller", 1),
        ("%", 1),
        ("_", 0),
        ("\0", 3),
    ] {
        let query = TaskQuery { text: Some(text.to_owned()), ..TaskQuery::default() };
        assert_eq!(titles(&mut scope, &query).await?.len(), count, "{text:?}");
    }
    let renamed = TaskPatch { title: Patch::Set("Call Meier".to_owned()), ..TaskPatch::default() };
    let muller = TaskQuery { text: Some("muller".to_owned()), ..TaskQuery::default() };
    let page = scope.tasks().list(&muller, &PageRequest::default()).await?;
    scope.tasks().update(page.data[0].id, renamed, None).await?;
    assert!(titles(&mut scope, &muller).await?.is_empty());
    let long = TaskQuery { text: Some("x".repeat(201)), ..TaskQuery::default() };
    assert_eq!(malformed(scope.tasks().list(&long, &PageRequest::default()).await), "parameter_invalid");
    Ok(())
}
