//! Customers: the people and organizations that a company deals with.
//!
//! A customer is a **person** or an **organization** ([`CustomerKind`]); a person's employer is their
//! `organizationName`. A customer has an owner among the company's users, or none yet.
//!
//! - A name is required; without one, a person's name is built from its parts.
//! - The e-mail address is stored in lower case with a readable domain. It is unique among the customers outside the
//!   trash if the company's [`DuplicatePolicy`](crate::companies::DuplicatePolicy) is `reject`.
//! - A telephone number and a country are stored as typed, with their normalized form (E.164, ISO 3166-1) if there is
//!   one.
//! - External references are the ids of the customer in other systems; they are unique per system.
//! - Tags are added to and removed from a customer without changing it: see [`tags`](crate::tags).
//! - *Archived* customers are hidden from lists, *deleted* ones are in the trash until they are restored or *purged*.

mod bulk;
mod children;
mod contacts;
mod export;
mod external_refs;
mod formula;
mod import;
mod input;
mod model;
mod query;
mod reindex;
mod repo;
mod row;
mod search;
mod stored_query;
mod validate;

pub(crate) use bulk::delete_expired_bulk_actions;
pub use bulk::{
    BulkAction, BulkAnswer, BulkCustomers, BulkOutcome, BulkRefusal, BulkRequest, BulkUndo, BulkUndone,
    MAX_BULK_CUSTOMERS, MAX_BULK_IDS, RefusalReason,
};
pub(crate) use children::{CHILDREN, Child};
pub use export::{CustomerExport, ExportFormat};
pub(crate) use import::delete_expired as delete_expired_imports;
pub use import::{
    DateOrder, FailedRows, ImportColumn, ImportCustomers, ImportFault, ImportMode, ImportOptions, ImportPreview,
    ImportReport, Imports, MAX_FILE as MAX_IMPORT_FILE, MatchBy, StoredImport,
};
pub use input::{CustomerPatch, NewCustomer};
pub use model::{Customer, CustomerKind, CustomerStatus, ExternalRef};
pub use query::{CustomerQuery, CustomerSort, CustomerSortKey};
pub(crate) use reindex::reindex;
pub use repo::Customers;
pub(crate) use repo::{
    LockedCustomer, ensure_history_visible, ensure_visible, history_visible_sql, is_seen, is_visible, lock_customer,
    visible_to,
};
pub(crate) use row::TABLE;
pub(crate) use search::search_text;
pub use search::{CustomerMatch, CustomerSearch, FoundCustomer, TextRange};
pub(crate) use stored_query::checked_query;

crate::scope::company_owned!(row, Id, Version);
