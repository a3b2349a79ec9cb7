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

pub(super) const EXCEPTIONS: &[Exception] = &[];
