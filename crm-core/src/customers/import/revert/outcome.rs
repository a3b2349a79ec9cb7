//! What came of reverting an import.

use serde::{Deserialize, Serialize};

use super::super::super::bulk::{BulkRefusal, RefusalReason};
use crate::base::ids::{CustomerId, ImportId};
use crate::jobs::Job;

/// How many ids of changed customers an answer has.
const MAX_NAMED: usize = 1_000;

/// The result of reverting an import, or of a dry run of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RevertedImport {
    /// The import.
    pub id: ImportId,
    /// Whether it only counted, and wrote nothing.
    pub dry_run: bool,
    /// The number of customers that the import had added, and that are in the trash now.
    pub trashed: u64,
    /// The number of customers that the import had changed, and that are as before.
    pub restored: u64,
    /// The number of customers that were changed since, and that stay as they are.
    pub changed_since: u64,
    /// Their ids, at most 1,000.
    pub changed_since_ids: Vec<CustomerId>,
    /// The customers that were not reverted for another reason. A dry run does not tell what others have taken.
    pub refused: Vec<BulkRefusal>,
}

/// An import is reverted, or a job does it.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportRevert {
    /// It is reverted.
    Done(RevertedImport),
    /// A job reverts it, and has a [`RevertedImport`] as its result.
    Started(Box<Job>),
}

/// The counts of the batches so far, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Tally {
    pub trashed: u64,
    pub restored: u64,
    changed_since: u64,
    changed_since_ids: Vec<CustomerId>,
    refused: Vec<BulkRefusal>,
}

impl From<RevertedImport> for Tally {
    fn from(outcome: RevertedImport) -> Self {
        let RevertedImport { trashed, restored, changed_since, changed_since_ids, refused, .. } = outcome;
        Self { trashed, restored, changed_since, changed_since_ids, refused }
    }
}

impl Tally {
    pub fn refuse(&mut self, reason: RefusalReason, id: CustomerId) {
        BulkRefusal::add(&mut self.refused, reason, id);
    }

    pub fn keep(&mut self, id: CustomerId) {
        self.changed_since += 1;
        if self.changed_since_ids.len() < MAX_NAMED {
            self.changed_since_ids.push(id);
        }
    }

    /// The number of customers that are dealt with.
    pub fn done(&self) -> u64 {
        let refused: u64 = self.refused.iter().map(|refusal| refusal.count).sum();
        self.trashed + self.restored + self.changed_since + refused
    }

    pub fn into_outcome(self, id: ImportId, dry_run: bool) -> RevertedImport {
        let Self { trashed, restored, changed_since, changed_since_ids, refused } = self;
        RevertedImport { id, dry_run, trashed, restored, changed_since, changed_since_ids, refused }
    }
}
