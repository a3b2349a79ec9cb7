//! The job that verifies the audit trail of a company.

use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::json;

use super::model::AuditVerification;
use crate::base::error::{Error, Result};
use crate::jobs::{JobDone, JobError, JobHandler, JobPolicy, RunningJob};
use crate::scope::CompanyTx;

/// Seals what is new in the audit trail of the company, and compares all of it with its chain.
///
/// Its result is an [`AuditVerification`]. A fault is logged as an error; the job is done all the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyAudit;

impl VerifyAudit {
    /// The kind.
    pub const KIND: &'static str = "crm.verify_audit";
}

#[async_trait]
impl JobHandler for VerifyAudit {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { on_request: true, ..JobPolicy::default() }
    }

    /// It only reads, but for sealing, and what is sealed twice is sealed once.
    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let (crm, company) = (job.scope().crm.clone(), job.company_id());
        let db = job.scope().pool().cloned().ok_or_else(|| Error::internal("a job is on a pool"))?;
        let chain = crm.audit_chain(&db);
        chain.seal(company).await?;
        let found = chain.verify(company, &[]).await?;
        if !found.is_intact() {
            let (faults, first) = (found.fault_count, found.faults.first().map(ToString::to_string));
            tracing::error!(company.id = %company, faults, first, "the audit trail is not what was sealed");
        }
        let mut tx = job.begin().await?;
        tx.scope().write(async |tx| note(tx, &found).await).await?;
        tx.complete(json!(found)).await
    }
}

/// Remembers the result beside the head.
async fn note(tx: &mut CompanyTx<'_>, found: &AuditVerification) -> Result<()> {
    let update = Query::update()
        .table("crm_audit_heads")
        .value("verified_at", tx.now())
        .value("verified_number", found.head.as_ref().map_or(0, |head| head.batch))
        .value("verified_faults", found.fault_count)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .to_owned();
    tx.execute(&update).await.map(drop)
}
