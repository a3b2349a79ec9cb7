//! What a suite sends to PostgreSQL, checked when all its tests have run.
//!
//! Every statement that goes through a pool of the test kit is remembered by its text; what a program of its own sends, and
//! unprepared statements, are not seen. The rule is in `rule.rs`, what is excepted from it in `exceptions.rs`.

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

/// How much of a statement a failure shows.
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
    let (mut hit, mut faults) = (BTreeSet::new(), String::new());
    for sql in sent.iter().filter(|sql| sql.contains("crm_")) {
        for breach in rule::breaches(sql, tables) {
            match exceptions.iter().position(|exception| exception.covers(sql, &breach)) {
                Some(place) => drop(hit.insert(place)),
                None => writeln!(faults, "{}: {}", explained(&breach), shown(sql))?,
            }
        }
    }
    for (_, unused) in exceptions.iter().enumerate().filter(|(place, _)| !hit.contains(place)) {
        if needed.iter().any(|needed| std::ptr::eq(*needed, unused)) {
            let Exception { statement, table, reason, .. } = unused;
            writeln!(faults, "{table} in {statement:?}: take the exception off the list, nothing needs it ({reason})")?;
        }
    }
    if !faults.is_empty() {
        bail!("of {} statements:\n{faults}", sent.len());
    }
    Ok(())
}

fn explained(breach: &Breach) -> String {
    match breach {
        Breach::Unbound(table) => format!("{table} is not bound to a company by a value of its own"),
        Breach::SelectInValues(table) => format!("the values for {table} contain a sub-select"),
        Breach::Unreadable(error) => format!("the statement cannot be read ({error})"),
    }
}

fn shown(sql: &str) -> String {
    let text = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Exception, report};

    const EXCEPTION: Exception =
        Exception { statement: "FROM crm_notes", table: "crm_notes", suites: &["here"], reason: "it shows something" };

    fn texts(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn breaches_are_reported_unless_they_are_excepted() {
        let tables = texts(&["crm_notes", "crm_users"]);
        let sent = texts(&["SELECT 1 FROM crm_notes", "SELECT 2 FROM crm_users", "BEGIN"]);
        let error = report(&sent, &tables, &[], &[]).unwrap_err().to_string();
        assert!(error.contains("SELECT 1 FROM crm_notes") && error.contains("SELECT 2 FROM crm_users"), "{error}");
        let error = report(&sent, &tables, &[EXCEPTION], &[]).unwrap_err().to_string();
        assert!(!error.contains("crm_notes") && error.contains("SELECT 2 FROM crm_users"), "{error}");
        report(&texts(&["SELECT 1 FROM crm_notes"]), &tables, &[EXCEPTION], &[]).unwrap();
    }

    #[test]
    fn an_exception_that_nothing_needs_is_reported() {
        let exceptions = [EXCEPTION];
        let needed = [&exceptions[0]];
        report(&texts(&["SELECT 1 FROM crm_notes"]), &texts(&["crm_notes"]), &exceptions, &needed).unwrap();
        let bound = texts(&["SELECT 1 FROM crm_notes WHERE company_id = $1"]);
        let error = report(&bound, &texts(&["crm_notes"]), &exceptions, &needed).unwrap_err().to_string();
        assert!(error.contains("take the exception off the list"), "{error}");
        report(&bound, &texts(&["crm_notes"]), &exceptions, &[]).unwrap();
    }
}
