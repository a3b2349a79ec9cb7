//! Every column is tagged.

use std::collections::BTreeSet;

use crm_core::privacy::{COMPANY_TABLES, ENVELOPE, PersonalTable, TABLES};
use testkit::{Backend, Suite, TestDatabase};

use super::tables;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [every_column_says_whether_it_holds_personal_data]);
}

/// Tables that are not the CRM's own: what migrations have run, and what FTS5 keeps for itself.
const OUTSIDE: &[&str] = &["crm_migrations", "crm_customer_search"];
/// Tables that only SQLite has.
const OF_SQLITE: &[&str] = &["crm_customer_search_documents"];

fn is_outside(table: &str) -> bool {
    let of_index = table.starts_with("crm_customer_search_") && !OF_SQLITE.contains(&table);
    OUTSIDE.contains(&table) || of_index
}

async fn every_column_says_whether_it_holds_personal_data(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let listed: Vec<&PersonalTable> = TABLES.iter().chain(COMPANY_TABLES).collect();
    let mut faults = Vec::new();
    let actual = tables(&crm).await?;
    for (table, columns) in actual.iter().filter(|(table, _)| !is_outside(table)) {
        let Some(tags) = listed.iter().find(|listed| listed.name == table) else {
            faults.push(format!("{table} is not in crm-core/src/privacy"));
            continue;
        };
        let tagged: Vec<&str> = [tags.personal, tags.of_users, tags.others].concat();
        let once: BTreeSet<&str> = tagged.iter().copied().collect();
        if once.len() != tagged.len() {
            faults.push(format!("{table} has a column twice"));
        }
        for column in columns.iter().map(String::as_str).filter(|column| !ENVELOPE.contains(column)) {
            if !once.contains(column) {
                faults.push(format!("{table}.{column} is not tagged in crm-core/src/privacy"));
            }
        }
        for column in once.into_iter().filter(|tagged| !columns.iter().any(|column| column == tagged)) {
            faults.push(format!("{table}.{column} is tagged, and not there"));
        }
    }
    for tags in &listed {
        let is_there = actual.contains_key(tags.name);
        let is_elsewhere = crm.backend == Backend::Postgres && OF_SQLITE.contains(&tags.name);
        if !is_there && !is_elsewhere {
            faults.push(format!("{} is tagged, and not there", tags.name));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    Ok(())
}
