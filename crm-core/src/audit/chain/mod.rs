//! The chain that seals the audit trail of each company.
//!
//! Writers know nothing of it: entries are sealed after their commit, in batches, by one task at a time. A batch has the
//! digest of each entry at its place, a hash over these, the hash of the batch before, and a hash over all of that. So an
//! entry that was edited, removed, added or moved is found, and its place is known.
//!
//! Which entries are sealed is known by a row beside each, not by a time or a number that writers take: a transaction that
//! commits late is sealed by a later batch, and positions have no holes.

mod batch_row;
mod digest;
mod head_row;
mod job;
mod model;
mod prune;
mod read;
mod seal;
mod seal_row;
mod sealed;
mod verify;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseConnection;

pub use job::VerifyAudit;
pub use model::{
    AuditChainState, AuditFault, AuditFaultKind, AuditHead, AuditVerification, LastAuditVerification, PrunedAudit,
};

use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::scope::Crm;

/// The number of entries of a batch, at most.
const BATCH: usize = 1_000;
/// How far back a usual look goes: clocks differ, and transactions take a moment.
const RECENT: TimeDelta = TimeDelta::minutes(5);
/// How long after its time an entry may come. One that comes later is a fault.
const LATE: TimeDelta = TimeDelta::days(1);
/// How often it is looked for entries that came late.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(1);

/// The columns of an entry `a`.
const ENTRY: &str = "a.company_id AS company_id, a.id AS id, a.occurred_at AS occurred_at, a.entity AS entity, \
    a.entity_id AS entity_id, a.action AS action, a.request_id AS request_id, a.actor_kind AS actor_kind, \
    a.actor_id AS actor_id, a.outcome AS outcome, a.fields AS fields, a.private_to AS private_to, a.address AS address";
/// An entry `a` of company `$1` that is not sealed.
const IS_UNSEALED: &str =
    "NOT EXISTS (SELECT 1 FROM crm_audit_seals AS s WHERE s.company_id = $1 AND s.entry_id = a.id)";

/// The chains of hashes that seal audit trails, for the host and its operators. Obtained from
/// [`Crm::audit_chain`](crate::Crm::audit_chain).
///
/// ```
/// # use crm_core::{Crm, actor::Actor, customers::NewCustomer, ids::CompanyId};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
/// # migration::up(&db).await?;
/// # let (crm, company) = (Crm::default(), CompanyId(uuid::Uuid::from_u128(1)));
/// # crm.on(Actor::system(company), &db).customers().create(NewCustomer::organization("Lee & Co")).await?;
/// let chain = crm.audit_chain(&db);
/// chain.seal_all().await?;
/// // Kept elsewhere, it proves later that nothing before it was cut off or written anew.
/// let anchors = chain.heads().await?;
/// assert!(chain.verify(company, &anchors).await?.is_intact());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct AuditChain<'d> {
    crm: Crm,
    db: &'d DatabaseConnection,
    batch: usize,
}

impl<'d> AuditChain<'d> {
    pub(crate) const fn new(crm: Crm, db: &'d DatabaseConnection) -> Self {
        Self { crm, db, batch: BATCH }
    }

    /// Sets the number of entries that a batch has at most, from 1 to 1,000; 1,000 by default.
    #[must_use]
    pub fn batches_of(self, entries: usize) -> Self {
        Self { batch: entries.clamp(1, BATCH), ..self }
    }

    /// Seals the new entries of all companies, and returns their number. Several processes may do so at once. To be called
    /// about once a minute. Once an hour it also seals entries that came up to a day late.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is; sealed batches stay sealed.
    pub async fn seal_all(&self) -> Result<u64> {
        let mut sealed = 0;
        for company in seal::companies_to_seal(self.db, self.crm.now()).await? {
            sealed += self.seal(company).await?;
        }
        Ok(sealed)
    }

    /// Seals the new entries of one company, and returns their number.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is; sealed batches stay sealed.
    pub async fn seal(&self, company: CompanyId) -> Result<u64> {
        seal::seal(&self.crm, self.db, company, self.batch).await
    }

    /// Compares the audit trail of a company with its chain, and the chain with anchors: earlier heads that were kept
    /// outside of the database. Those of other companies are passed over. Nothing is written, and nobody has to wait.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is. A fault is no error: see
    /// [`AuditVerification::is_intact`].
    pub async fn verify(&self, company: CompanyId, anchors: &[AuditHead]) -> Result<AuditVerification> {
        verify::verify(self.db, company, anchors).await
    }

    /// The heads of all companies of which something is sealed.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn heads(&self) -> Result<Vec<AuditHead>> {
        let mut heads = Vec::new();
        for company in self.companies().await? {
            heads.extend(read::head(self.db, company).await?);
        }
        Ok(heads)
    }

    /// The companies that the CRM knows.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn companies(&self) -> Result<Vec<CompanyId>> {
        seal::all_companies(self.db).await
    }

    /// Removes the entries of a company in batches that have no entry of this time or later. Their hashes stay, so that the
    /// chain still verifies, and the audit trail tells until where it was pruned. Verify before: what was removed can no
    /// longer be compared.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is; finished portions stay removed.
    pub async fn prune(&self, company: CompanyId, before: DateTime<Utc>) -> Result<PrunedAudit> {
        prune::prune(&self.crm, self.db, company, before).await
    }
}
