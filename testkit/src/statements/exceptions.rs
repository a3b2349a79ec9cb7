//! Statements that may break the rule, each with its reason. The list only ever gets shorter.

use super::rule::Breach;

/// A reference to a table that needs no company of its own.
#[derive(Debug)]
pub(crate) struct Exception {
    /// A piece of the part of the statement that refers to it.
    pub part: &'static str,
    pub table: &'static str,
    /// The packages whose tests send it: there it fails when nothing needs it any more.
    pub suites: &'static [&'static str],
    /// Why it is right, or what is to be mended.
    pub reason: &'static str,
}

impl Exception {
    pub(super) fn covers(&self, breach: &Breach) -> bool {
        match breach {
            Breach::Unbound { table, part } => table == self.table && part.contains(self.part),
            Breach::SelectInValues(table) => table == self.table && self.part == SELECT_IN_VALUES,
            Breach::Unreadable { .. } => false,
        }
    }
}

/// Stands for the values of an `INSERT` in an exception.
const SELECT_IN_VALUES: &str = "VALUES (SELECT)";

/// Who looks at all companies: a consumer of events, which hands over those of each.
const CONSUMERS: &[&str] = &["crm-core", "crm-http"];
/// The companies whose events a consumer has not acknowledged.
const WAITING: &str = "FROM \"crm_event_heads\" LEFT JOIN \"crm_event_consumers\"";

const fn of_consumers(part: &'static str, table: &'static str, reason: &'static str) -> Exception {
    Exception { part, table, suites: CONSUMERS, reason }
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
