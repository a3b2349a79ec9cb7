//! What is told of a chain.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::{AuditId, CompanyId};
use crate::base::string_enum::string_enum;

/// The end of a company's chain. One that is kept outside of the database is an anchor: with it, a chain that was cut off or
/// written anew is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditHead {
    /// The company.
    pub company_id: CompanyId,
    /// The number of the last batch, from 1.
    pub batch: i64,
    /// The number of entries that were ever sealed.
    pub entries: i64,
    /// The hash of the last batch (SHA-256, hexadecimal), which depends on all before it.
    pub hash: String,
    /// When the last batch was sealed.
    pub sealed_at: DateTime<Utc>,
}

/// How far a company's audit trail is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditChainState {
    /// The end of the chain, once something is sealed.
    pub head: Option<AuditHead>,
    /// The number of entries that were ever sealed.
    pub sealed_entries: i64,
    /// The number of entries that wait to be sealed; counted up to 10,000.
    pub unsealed_entries: i64,
    /// The number of the last batch whose entries were removed because of their age; 0 for none.
    pub pruned_batch: i64,
    /// The last verification by a job.
    pub last_verification: Option<LastAuditVerification>,
}

/// The last verification of a chain by a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastAuditVerification {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The number of the last batch then.
    pub batch: i64,
    /// The number of faults that were found.
    pub faults: i64,
}

string_enum! {
    /// What is wrong with an audit trail.
    AuditFaultKind {
        /// The entry, or its place, is not what was sealed.
        EntryChanged = "entry_changed",
        /// An entry that was sealed is gone.
        EntryMissing = "entry_missing",
        /// The entry is in a batch that was sealed without it.
        EntryAdded = "entry_added",
        /// The entry has a time a day and more before what had been sealed when it came.
        EntryBackdated = "entry_backdated",
        /// The batch is not what was sealed.
        BatchChanged = "batch_changed",
        /// The batch is another one than the next one follows.
        BatchReplaced = "batch_replaced",
        /// The batch is gone, and maybe some after it.
        BatchMissing = "batch_missing",
        /// The batch is behind the end of the chain.
        BatchAdded = "batch_added",
        /// The end of the chain names another hash, or number of entries, than the last batch has.
        HeadChanged = "head_changed",
        /// There are batches, and no end of the chain.
        HeadMissing = "head_missing",
        /// An anchor names another hash than the batch has.
        AnchorDiffers = "anchor_differs",
        /// An anchor names a batch that is not there.
        AnchorMissing = "anchor_missing",
        /// Entries up to this batch were removed, and the audit trail does not tell of it.
        PruneUnproven = "prune_unproven",
    }
}

/// A fault of an audit trail, and its place as far as it can be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditFault {
    /// What is wrong.
    pub kind: AuditFaultKind,
    /// The number of the batch; none for an entry that is not sealed.
    pub batch: Option<i64>,
    /// The position of the entry among all that were ever sealed, from 1.
    pub position: Option<i64>,
    /// The id of the entry.
    pub entry_id: Option<AuditId>,
}

impl AuditFault {
    pub(super) const fn of_batch(kind: AuditFaultKind, batch: i64) -> Self {
        Self { kind, batch: Some(batch), position: None, entry_id: None }
    }
}

impl std::fmt::Display for AuditFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, batch, position, entry_id } = self;
        write!(f, "{kind}")?;
        if let Some(batch) = batch {
            write!(f, ", batch {batch}")?;
        }
        if let Some(position) = position {
            write!(f, ", position {position}")?;
        }
        match entry_id {
            Some(id) => write!(f, ", entry {id}"),
            None => Ok(()),
        }
    }
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditVerification {
    /// The end of the chain, once something is sealed.
    pub head: Option<AuditHead>,
    /// The number of batches that were read.
    pub batches: i64,
    /// The number of sealed entries that were compared.
    pub entries: i64,
    /// The number of entries that are not sealed yet.
    pub unsealed_entries: i64,
    /// The number of the last batch whose entries were removed because of their age; 0 for none.
    pub pruned_batch: i64,
    /// The number of faults.
    pub fault_count: i64,
    /// The first 100 faults.
    pub faults: Vec<AuditFault>,
}

impl AuditVerification {
    /// Whether there is no fault.
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.fault_count == 0
    }
}

/// What was removed from an audit trail because of its age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrunedAudit {
    /// The number of batches.
    pub batches: i64,
    /// The number of entries.
    pub entries: i64,
}
