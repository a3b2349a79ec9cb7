//! Bulk actions: the owner, the status, tags, the archive or the trash of many customers at once.
//!
//! - The customers are named by their ids, or are those that a query selects when the action starts.
//! - Each customer is changed as a single write changes it: with the same rights, its own history, audit entry and event.
//!   A batch takes a fixed number of statements.
//! - Up to [`MAX_BULK_IDS`] customers are changed in one transaction. More are changed by a job, batch by batch: what is
//!   done when it is cancelled stays done, and can be undone.
//! - What a customer forbids is counted as refused, and the others are changed.
//! - For 24 hours the actor can undo the action once. It puts back what the action changed, but for customers that have
//!   changed since.

mod apply;
mod input;
mod job;
mod outcome;
mod plan;
mod repo;
mod row;
mod target;
mod undo;

pub(super) use apply::trash;
pub use input::{BulkAction, BulkRequest};
pub use job::BulkCustomers;
pub use outcome::{BulkAnswer, BulkOutcome, BulkRefusal, BulkUndo, BulkUndone, RefusalReason};
pub(crate) use row::delete_expired as delete_expired_bulk_actions;
pub(super) use target::{Reading, Target, read};

/// The maximum number of customers that are named by their ids, and that are changed in one transaction.
pub const MAX_BULK_IDS: usize = 1_000;
/// The maximum number of customers of one bulk action.
pub const MAX_BULK_CUSTOMERS: usize = 100_000;

crate::scope::company_owned!(row, Id, Version);
