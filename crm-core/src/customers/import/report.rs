//! What an import answers.

use serde::{Deserialize, Serialize};

/// How many faults of each kind are told one by one; all are counted.
const MAX_FAULTS: usize = 1_000;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportReport {
    /// True if nothing was written: the rest tells what would have been.
    pub dry_run: bool,
    /// Rows that became customers.
    pub created: u64,
    /// Rows that changed a customer.
    pub updated: u64,
    /// Rows whose customer is like that already.
    pub unchanged: u64,
    /// Rows that were left out because of faults.
    pub failed: u64,
    /// How many warnings there are, on rows that were taken all the same.
    pub warnings: u64,
    /// Why rows failed: the first 1,000 faults, in the order of the rows. A row may have several.
    pub errors: Vec<ImportFault>,
    /// How many faults there are in all.
    pub error_count: u64,
    /// The first 1,000 warnings.
    pub warning_details: Vec<ImportFault>,
    /// What each column was taken for.
    pub columns: Vec<ImportColumn>,
}

/// Something about a row, or about one of its cells. It never repeats what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportFault {
    /// The row, as a spreadsheet counts: the header is 1.
    pub row: u64,
    /// The header of the column, where it is about one.
    pub column: Option<String>,
    /// The stable code: one of a field's rules (`email_invalid`, `too_long`, …), a conflict (`customer_email_taken`), or
    /// one of the import's own (`match_ambiguous`, `not_found`, `too_many_cells`, …).
    pub code: String,
    /// The same in words.
    pub message: String,
}

impl ImportFault {
    pub(super) fn new(row: u64, column: Option<&str>, code: &str, message: impl Into<String>) -> Self {
        Self { row, column: column.map(str::to_owned), code: code.to_owned(), message: message.into() }
    }
}

/// What a column was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportColumn {
    /// Its header.
    pub column: String,
    /// The field it fills: `email`, `customFields.phone2`, `externalRef`; absent if it was left out.
    pub field: Option<String>,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Failed(Vec<ImportFault>),
}

impl ImportReport {
    /// Counts a row. The warnings of a row that failed are of no interest.
    pub(super) fn count(&mut self, outcome: Outcome, warnings: Vec<ImportFault>) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
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
