//! Every column of the CRM's tables, and whether it holds personal data. The erasure goes by this list.
//!
//! A column that is not listed fails a test that reads the schema of a migrated database.

/// Columns that tables share: ids, times, who has written a row. They hold no personal data of customers and leads.
pub const ENVELOPE: &[&str] = &[
    "company_id",
    "id",
    "version",
    "created_at",
    "updated_at",
    "created_by_kind",
    "created_by_id",
    "updated_by_kind",
    "updated_by_id",
    "deleted_at",
    "delete_batch_id",
];

/// What an erasure does to the rows of a table that belong to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Erased {
    /// Nothing: there is nothing of a person in it.
    Never,
    /// Nothing, although there is: it keeps the person from being contacted again.
    Kept,
    /// They go with the row that they belong to, by the database.
    WithParent,
    /// They are deleted; one of these columns has the id of the person.
    Rows(&'static [&'static str]),
    /// Where the person's row stays, their personal columns are emptied; this column has the id of the person.
    Columns(&'static str),
    /// The same, as a write of the record.
    Record(&'static str),
    /// Entries of the history stay without their values.
    History,
    /// Answers that are kept for repeated requests are deleted.
    Answers,
    /// Jobs that have ended are deleted.
    Jobs,
    /// Files of imports are deleted.
    Files,
}

/// A table, and what its columns hold besides those of [`ENVELOPE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PersonalTable {
    /// The name.
    pub name: &'static str,
    /// What an erasure does to it.
    pub erased: Erased,
    /// The columns with personal data of customers and leads.
    pub personal: &'static [&'static str],
    /// The columns with personal data of users, who are erased in user management.
    pub of_users: &'static [&'static str],
    /// All others: ids, numbers, times, codes, and what a company configures.
    pub others: &'static [&'static str],
}
