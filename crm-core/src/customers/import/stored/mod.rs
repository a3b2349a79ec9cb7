//! Files that are stored before they are imported: so that people can look at them, say what their columns are, and try
//! an import first.
//!
//! A stored file belongs to the user who added it, and nobody else sees it. It is kept for a day, in pieces in the
//! database, where all instances find it. The import is a job ([`ImportCustomers`]) with the rights that the user had when
//! it was started. Each batch commits the number of its last row, so a job that is run again goes on after it.

mod checkpoint;
mod file;
mod job;
mod model;
mod parts;
mod repo;
mod run;

pub(super) use checkpoint::Checkpoint;
pub use file::MAX_FILE;
pub use job::ImportCustomers;
pub use model::StoredImport;
pub use parts::FailedRows;
pub use repo::Imports;
pub(crate) use repo::delete_expired;
pub(super) use repo::{locked, runs};

pub(super) const TABLE: &str = "crm_imports";
