//! Statements that may break the rule, each with its reason. The list only ever gets shorter.

use super::rule::Breach;

/// One reference to a table that needs no company of its own.
#[derive(Debug)]
pub(crate) struct Exception {
    /// A part of the statement's text.
    pub statement: &'static str,
    /// The table, or what the parser says where it cannot read the statement.
    pub table: &'static str,
    /// The packages whose tests send it: there it fails when nothing needs it any more.
    pub suites: &'static [&'static str],
    /// Why it is right, or who mends it.
    pub reason: &'static str,
}

impl Exception {
    pub(super) fn covers(&self, sql: &str, breach: &Breach) -> bool {
        let is_meant = match breach {
            Breach::Unbound(table) | Breach::SelectInValues(table) => table == self.table,
            Breach::Unreadable(error) => error.contains(self.table),
        };
        is_meant && sql.contains(self.statement)
    }
}

/// Who looks at all companies: a consumer of events, which hands over those of each.
const CONSUMERS: &[&str] = &["crm-core", "crm-http"];
/// The companies whose events a consumer has not acknowledged.
const WAITING: &str = "FROM \"crm_event_heads\" LEFT JOIN \"crm_event_consumers\"";

const fn of_consumers(statement: &'static str, table: &'static str, reason: &'static str) -> Exception {
    Exception { statement, table, suites: CONSUMERS, reason }
}

pub(super) const EXCEPTIONS: &[Exception] = &[
    of_consumers(
        "WHERE \"position\" IS NULL GROUP BY \"company_id\"",
        "crm_outbox",
        "finds the companies with events that have no position, by a partial index",
    ),
    of_consumers("WHERE \"moved_at\" >=", "crm_event_heads", "finds the companies with new events, by an index"),
    of_consumers(WAITING, "crm_event_heads", "compares what companies have with what a consumer has acknowledged"),
    of_consumers(WAITING, "crm_event_consumers", "compares what companies have with what a consumer has acknowledged"),
    of_consumers(WAITING, "crm_outbox", "tells which company waits longest"),
];
