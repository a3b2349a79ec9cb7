//! The statements that a suite sends to PostgreSQL, checked after all its tests.
//!
//! Every statement that goes through a pool of the test kit is recorded by its text; statements of other programs, and
//! unprepared statements, are not. The rule is in `rule.rs`, its exceptions in `exceptions.rs`.

mod exceptions;
mod rule;

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::{Backend, migrated};
use exceptions::{EXCEPTIONS, Exception};
use rule::Breach;

/// The name of the check among the tests.
pub(crate) const NAME: &str = "postgres::every_statement_binds_its_company";

/// How much of a statement a failure shows. With `TEST_STATEMENTS=<file>` all of them are written there.
const SHOWN: usize = 1_000;

static SENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers what goes through this connection.
pub(crate) fn remember(connection: &mut DatabaseConnection) {
    connection.set_metric_callback(|query| note(&query.statement.sql));
}

fn note(sql: &str) {
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    if !sent.contains(sql) {
        sent.insert(sql.to_owned());
    }
}

/// Whether there is anything to check.
pub(crate) fn any() -> bool {
    !SENT.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}

/// Fails if a statement breaks the rule. After a whole suite, an exception that this suite no longer needs fails too.
pub(crate) async fn check(is_whole: bool) -> anyhow::Result<()> {
    let tables = company_tables().await?;
    let sent = std::mem::take(&mut *SENT.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(file) = env::var_os("TEST_STATEMENTS") {
        let texts: Vec<String> = sent.iter().map(|sql| format!("{sql};\n")).collect();
        std::fs::write(file, texts.concat()).context("TEST_STATEMENTS")?;
    }
    let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
    let needed = |exception: &&Exception| is_whole && exception.suites.contains(&package.as_str());
    report(&sent, &tables, EXCEPTIONS, &EXCEPTIONS.iter().filter(needed).collect::<Vec<_>>())
}

/// Every table of ours whose rows belong to a company.
async fn company_tables() -> anyhow::Result<BTreeSet<String>> {
    let database = migrated(Backend::Postgres).await?;
    let sql = "SELECT table_name::text FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name LIKE 'crm\\_%' AND column_name = 'company_id'";
    let rows = database.connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let tables: Result<_, _> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    tables.context("the names of the company tables")
}

fn report(
    sent: &BTreeSet<String>,
    tables: &BTreeSet<String>,
    exceptions: &[Exception],
    needed: &[&Exception],
) -> anyhow::Result<()> {
    let ours = sent.iter().filter(|sql| sql.contains("crm_"));
    let breaches: BTreeSet<Breach> = ours.flat_map(|sql| rule::breaches(sql, tables)).collect();
    let covered = |exception: &Exception| breaches.iter().any(|breach| exception.covers(breach));
    let mut faults = String::new();
    for breach in breaches.iter().filter(|breach| !exceptions.iter().any(|exception| exception.covers(breach))) {
        writeln!(faults, "{}", explained(breach))?;
    }
    for Exception { part, table, reason, .. } in needed.iter().filter(|exception| !covered(exception)) {
        writeln!(faults, "take the exception for {table} in {part:?} off the list, nothing needs it: {reason}")?;
    }
    if !faults.is_empty() {
        bail!("of {} statements:\n{faults}", sent.len());
    }
    Ok(())
}

fn explained(breach: &Breach) -> String {
    match breach {
        Breach::Unbound { table, part } => {
            format!("{table} is not bound to a company by a value of its own: {}", shown(part))
        }
        Breach::SelectInValues(table) => format!("the values for {table} contain a sub-select"),
        Breach::Unreadable { sql, error } => format!("the statement cannot be read ({error}): {}", shown(sql)),
    }
}

fn shown(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Exception, report};

    const EXCEPTION: Exception =
        Exception { part: "FROM crm_notes", table: "crm_notes", suites: &["here"], reason: "it shows something" };

    fn texts(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn breaches_are_reported_unless_they_are_excepted() {
        let tables = texts(&["crm_notes", "crm_users"]);
        let sent = texts(&["SELECT 1 FROM crm_notes", "SELECT 2 FROM crm_users", "BEGIN"]);
        let error = report(&sent, &tables, &[], &[]).unwrap_err().to_string();
        assert!(error.contains("FROM crm_notes") && error.contains("FROM crm_users"), "{error}");
        let error = report(&sent, &tables, &[EXCEPTION], &[]).unwrap_err().to_string();
        assert!(!error.contains("crm_notes") && error.contains("FROM crm_users"), "{error}");
        report(&texts(&["SELECT 1 FROM crm_notes"]), &tables, &[EXCEPTION], &[]).unwrap();
    }

    #[test]
    fn an_exception_that_nothing_needs_is_reported() {
        let exceptions = [EXCEPTION];
        let needed = [&exceptions[0]];
        report(&texts(&["SELECT 1 FROM crm_notes"]), &texts(&["crm_notes"]), &exceptions, &needed).unwrap();
        let bound = texts(&["SELECT 1 FROM crm_notes WHERE company_id = $1"]);
        let error = report(&bound, &texts(&["crm_notes"]), &exceptions, &needed).unwrap_err().to_string();
        assert!(error.contains("off the list"), "{error}");
        report(&bound, &texts(&["crm_notes"]), &exceptions, &[]).unwrap();
    }
}
