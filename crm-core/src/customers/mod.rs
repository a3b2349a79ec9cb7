//! Customers: the people and organizations that a company deals with.
//!
//! A customer is a **person** or an **organization** ([`CustomerKind`]); a person's employer is their
//! `organizationName`. A customer has an owner among the company's users, or none yet.
//!
//! - A name is required; without one, a person's name is built from its parts.
//! - E-mail addresses, telephone numbers and postal addresses are lists, at most one entry of each is the primary one,
//!   and the flat fields are its copy.
//! - An e-mail address is stored in lower case with a readable domain. It is unique among the customers outside the
//!   trash if the company's [`DuplicatePolicy`](crate::companies::DuplicatePolicy) is `reject`.
//! - A telephone number and a country are stored as typed, with their normalized form (E.164, ISO 3166-1) if there is
//!   one.
//! - External references are the ids of the customer in other systems; they are unique per system.
//! - Links join people with organizations, and organizations with their parents; see [`Links`].
//! - Tags are added to and removed from a customer without changing it: see [`tags`](crate::tags).
//! - What customers have agreed to is a ledger, and one gate says whether they may be contacted: see [`consents`](crate::consents).
//! - Customers can be merged into one of them, and that can be undone: see [`Customers::merge`].
//! - *Archived* customers are hidden from lists, *deleted* ones are in the trash until they are restored or *purged*.

mod beside;
mod bulk;
mod children;
mod contact_points;
mod contacts;
mod duplicates;
mod export;
mod external_refs;
mod field_values;
mod formula;
mod import;
mod input;
pub(crate) mod links;
mod locked;
mod merge;
mod model;
pub(crate) mod of_lead;
mod owned_rows;
mod parts;
mod party;
mod query;
mod reindex;
mod repo;
mod row;
mod search;
mod stored_query;
mod subject;
mod validate;
mod visible;

pub(crate) use bulk::delete_expired_bulk_actions;
pub use bulk::{
    BulkAction, BulkAnswer, BulkCustomers, BulkOutcome, BulkRefusal, BulkRequest, BulkUndo, BulkUndone,
    MAX_BULK_CUSTOMERS, MAX_BULK_IDS, RefusalReason,
};
pub(crate) use children::{CHILDREN, Child};
pub(crate) use contact_points::keyed as email_keys;
pub use contact_points::{AddressKind, ContactLabel, CustomerAddress, CustomerEmail, CustomerPhone};
pub use duplicates::{
    Comparison, DuplicateCandidate, DuplicateCandidates, DuplicateEvidence, DuplicatePair, DuplicateQuery,
    DuplicateReason, DuplicateStatus, Duplicates, MAX_BLOCK as MAX_DUPLICATE_BLOCK, MatchRecord, ScanDuplicates, Score,
    WrittenCustomer, compare_records,
};
pub(crate) use export::{Book, card_of_lead, cells_of_lead, guarded_rows, header_row, next_piece, position_of};
pub use export::{CustomerExport, ExportFormat, ExportOptions};
pub use field_values::IndexCustomField;
pub use import::{
    DateOrder, FailedRows, ImportColumn, ImportCustomers, ImportEncoding, ImportFault, ImportFormat, ImportMode,
    ImportOptions, ImportOrganizations, ImportPreview, ImportProblem, ImportReason, ImportRecords, ImportReport,
    ImportRevert, Imports, MAX_FILE as MAX_IMPORT_FILE, MatchBy, OptedOut, PreviewedColumn,
    REVERTIBLE_FOR as IMPORT_REVERTIBLE_FOR, RevertImport, RevertedImport, StoredImport,
};
pub(crate) use import::{
    check_columns as check_import_columns, delete_expired as delete_expired_imports, run as run_import,
    signature as import_signature,
};
pub use input::{CustomerPatch, NewCustomer};
pub(crate) use links::linked;
pub use links::{
    CustomerLink, CustomerLinkPatch, CustomerLinkQuery, CustomerLinkSort, CustomerLinkSortKey, LINK_LABELS, LinkEnd,
    LinkedCustomer, Links, MergedLinks, NewCustomerLink, RenamePeople,
};
pub(crate) use locked::{LockedCustomer, lock_party};
pub use merge::{
    CustomerMerge, MAX_LOSERS, MergeCollision, MergeCount, MergeCustomers, MergeOutcome, MergeResolution,
    MergedCustomer, OnMergeConflict, UNDOABLE_FOR as MERGE_UNDOABLE_FOR, UnmergeCustomers, UnmergeOutcome,
};
pub(crate) use merge::{
    delete_expired_merges, has_merged, hold_for_merge, hold_merges, ids_leading_to, merge_lead, merges_of,
    undo_merge_of_lead,
};
pub use model::{Customer, CustomerKind, CustomerStatus, EmployeeBand, ExternalRef, LifecycleStage};
pub(crate) use party::Party;
pub use query::{CustomerOrder, CustomerQuery, CustomerSort, CustomerSortKey};
pub(crate) use reindex::reindex;
pub use repo::Customers;
pub(crate) use row::TABLE;
pub use search::{CustomerMatch, CustomerSearch, FoundCustomer, TextRange};
pub(crate) use search::{matching, search_text};
pub(crate) use stored_query::checked_query;
pub(crate) use subject::{held, merged_ids, rows_of};
pub(crate) use visible::{ensure_history_visible, ensure_visible, history_visible_sql, is_visible, missing};

crate::scope::company_owned!(row, Id, Version);
