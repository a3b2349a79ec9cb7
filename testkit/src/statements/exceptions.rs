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

pub(super) const EXCEPTIONS: &[Exception] = &[];
