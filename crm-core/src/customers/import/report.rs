//! The report of an import.

use serde::{Deserialize, Serialize};

/// The maximum number of listed errors of each kind; all are counted.
const MAX_FAULTS: usize = 1_000;

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportReport {
    /// Whether this was a dry run, which writes nothing.
    pub dry_run: bool,
    /// The number of rows that became new customers.
    pub created: u64,
    /// The number of rows that changed a customer.
    pub updated: u64,
    /// The number of rows that would not change their customer.
    pub unchanged: u64,
    /// The number of rows that were skipped because of errors.
    pub failed: u64,
    /// The number of rows that were left out on purpose: lines below the table, customers that the other system has
    /// deleted, and those who want no e-mails if `optedOut` is `skip`. Each has a warning.
    #[serde(default)]
    pub skipped: u64,
    /// The number of warnings about rows that were imported or left out.
    pub warnings: u64,
    /// The first 1,000 errors, in the order of the rows. A row may have several.
    pub errors: Vec<ImportFault>,
    /// The total number of errors.
    pub error_count: u64,
    /// The first 1,000 warnings.
    pub warning_details: Vec<ImportFault>,
    /// The columns and their fields.
    pub columns: Vec<ImportColumn>,
}

/// An error or a warning about a row or one of its cells. It never contains the value of the cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportFault {
    /// The row number of a spreadsheet: the header is row 1. Cards and objects are counted from 1.
    pub row: u64,
    /// The header of the column, if it concerns one.
    pub column: Option<String>,
    /// The stable code: a rule of a field (`email_invalid`, `too_long`, …), a conflict (`customer_email_taken`), or a
    /// code of the import (`match_ambiguous`, `not_found`, `too_many_cells`, …).
    pub code: String,
    /// The description.
    pub message: String,
}

impl ImportFault {
    pub(super) fn new(row: u64, column: Option<&str>, code: &str, message: impl Into<String>) -> Self {
        Self { row, column: column.map(str::to_owned), code: code.to_owned(), message: message.into() }
    }
}

/// A column and its field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportColumn {
    /// The header of the column.
    pub column: String,
    /// The field: `email`, `customFields.phone2`, `externalRef`; absent if the column was ignored.
    pub field: Option<String>,
}

/// The result of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
    /// Left out on purpose.
    Skipped,
    Failed(Vec<ImportFault>),
}

impl ImportReport {
    /// The number of rows that were read.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped + self.failed
    }

    /// Counts a row. Warnings of a failed row are dropped.
    pub(super) fn count(&mut self, outcome: Outcome, warnings: Vec<ImportFault>) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed(faults) => {
                self.failed += 1;
                self.error_count += faults.len() as u64;
                self.errors.extend(faults);
                self.errors.truncate(MAX_FAULTS);
                return;
            }
        }
        self.warnings += warnings.len() as u64;
        self.warning_details.extend(warnings);
        self.warning_details.truncate(MAX_FAULTS);
    }
}
