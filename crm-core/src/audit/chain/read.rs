//! What administrators see of the chain of their company.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use serde_json::json;

use super::super::AuditTrail;
use super::model::{AuditChainState, AuditHead};
use super::{IS_UNSEALED, VerifyAudit, head_row};
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::base::rights::{Action, Resource};
use crate::jobs::{Job, NewJob, enqueue};

/// Up to how many entries that are not sealed are counted.
const COUNTED: i64 = 10_000;

/// The head of a company's chain, once something is sealed.
pub(super) async fn head(db: &impl ConnectionTrait, company: CompanyId) -> Result<Option<AuditHead>> {
    let head = head_row::Entity::find_by_id(company.0).one(db).await?;
    Ok(head.filter(|head| head.number > 0).as_ref().map(AuditHead::from))
}

impl AuditTrail<'_, '_> {
    /// How far the audit trail is sealed, and its last verification. Two statements.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read the audit trail.
    pub async fn chain(&mut self) -> Result<AuditChainState> {
        let Self(scope) = self;
        scope.company().await?;
        scope.authorize(Resource::Audit, Action::Read).await?;
        let (database, company) = (scope.database(), scope.company_id());
        let head = head_row::Entity::find_by_id(company.0).one(&database).await?;
        let from = head.as_ref().map_or(DateTime::UNIX_EPOCH, |head| head.look_from);
        Ok(AuditChainState {
            unsealed_entries: unsealed(&database, company, from).await?,
            sealed_entries: head.as_ref().map_or(0, |head| head.entries),
            pruned_batch: head.as_ref().map_or(0, |head| head.pruned),
            last_verification: head.as_ref().and_then(head_row::Model::last_verification),
            head: head.filter(|head| head.number > 0).as_ref().map(AuditHead::from),
        })
    }

    /// Starts a job that verifies the audit trail. If one that was started so is waiting or running, it is returned.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read the audit trail.
    #[tracing::instrument(name = "audit.verify", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn verify(&mut self) -> Result<Job> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Audit, Action::Read, None, None)?;
                let job = enqueue(tx, vec![NewJob::new(VerifyAudit::KIND, json!({})).unique("verify")]).await?.pop();
                job.ok_or_else(|| Error::internal("a job stands for each new one"))?.try_into()
            })
            .await
    }
}

async fn unsealed(db: &impl ConnectionTrait, company: CompanyId, from: DateTime<Utc>) -> Result<i64> {
    let sql = format!(
        "SELECT count(*) AS entries FROM (SELECT a.id FROM crm_audit AS a WHERE a.company_id = $1 \
         AND a.occurred_at >= $2 AND {IS_UNSEALED} LIMIT {COUNTED}) AS few"
    );
    let values = [company.0.into(), from.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "entries")).transpose()?.unwrap_or_default())
}
