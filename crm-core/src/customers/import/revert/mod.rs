//! Reverting an import of a stored file: what it has added goes to the trash, and what it has changed is as before.
//!
//! - Each batch of an import keeps the customers that it writes: those that it adds, and for the others what they were
//!   before (`changes`).
//! - For [`REVERTIBLE_FOR`] the user can revert the import once. Customers that were changed since are told, and stay as
//!   they are. So do customers that the import has added and that have other notes or interactions by now.
//! - What others forbid by now, such as an e-mail address that was taken, is counted as refused.
//! - Up to [`MAX_AT_ONCE`] customers are reverted in one transaction, more by a job.
//! - A dry run counts, and writes nothing.

mod changes;
mod job;
mod outcome;
mod repo;
mod undo;

pub(super) use changes::{Written, keep};
pub use job::RevertImport;
pub(super) use outcome::Tally;
pub use outcome::{ImportRevert, RevertedImport};

use chrono::TimeDelta;

/// How long an import can be reverted.
pub const REVERTIBLE_FOR: TimeDelta = TimeDelta::days(30);
/// The maximum number of customers that are reverted in one transaction.
const MAX_AT_ONCE: u64 = 1_000;
/// The number of customers in a batch of the job.
const BATCH: u64 = 250;
