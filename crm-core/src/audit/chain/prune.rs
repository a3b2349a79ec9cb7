//! Removes old entries, batch by batch, so that the chain still verifies.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde_json::json;

use super::model::PrunedAudit;
use super::{batch_row, head_row, seal};
use crate::base::error::{Kind, Result};
use crate::base::ids::CompanyId;
use crate::journal::{ChangeRecord, audit as entry};
use crate::scope::actor::Actor;
use crate::scope::{Crm, begin_write};

/// How many batches one transaction removes.
const AT_ONCE: u64 = 20;

pub(super) async fn prune(
    crm: &Crm,
    db: &DatabaseConnection,
    company: CompanyId,
    before: DateTime<Utc>,
) -> Result<PrunedAudit> {
    let mut pruned = PrunedAudit::default();
    loop {
        let PrunedAudit { batches, entries } = portion(crm, db, company, before).await?;
        if batches == 0 {
            return Ok(pruned);
        }
        pruned.batches += batches;
        pruned.entries += entries;
    }
}

async fn portion(crm: &Crm, db: &DatabaseConnection, company: CompanyId, before: DateTime<Utc>) -> Result<PrunedAudit> {
    let tx = begin_write(db).await?;
    seal::lock(&tx, company).await?;
    let Some(head) = head_row::Entity::find_by_id(company.0).one(&tx).await? else {
        tx.rollback().await?;
        return Ok(PrunedAudit::default());
    };
    let oldest = oldest(&tx, &head).await?;
    let old: Vec<_> = oldest.into_iter().take_while(|batch| batch.latest_at < before).collect();
    let Some(last) = old.last() else {
        tx.rollback().await?;
        return Ok(PrunedAudit::default());
    };
    remove(&tx, company, head.pruned, last.number).await?;
    // The trail itself tells of it: what is missing cannot pass for pruned.
    let details = json!({ "batch": last.number, "hash": last.hash, "before": before });
    let told = ChangeRecord::audit_only(Kind::Audit, "pruned", crm.now(), details);
    let insert = entry::insert(&crm.recorder(&Actor::system(company)), &[told]);
    tx.execute(&insert).await?;
    tx.commit().await?;
    let entries: i64 = old.iter().map(|batch| batch.entries).sum();
    Ok(PrunedAudit { batches: seal::count(old.len())?, entries })
}

/// The oldest batches that still have their entries.
async fn oldest(tx: &DatabaseTransaction, head: &head_row::Model) -> Result<Vec<batch_row::Model>> {
    Ok(batch_row::Entity::find()
        .filter(batch_row::Column::CompanyId.eq(head.company_id))
        .filter(batch_row::Column::Number.gt(head.pruned))
        .order_by_asc(batch_row::Column::Number)
        .limit(AT_ONCE)
        .all(tx)
        .await?)
}

async fn remove(tx: &DatabaseTransaction, company: CompanyId, after: i64, through: i64) -> Result<()> {
    const ENTRIES: &str = "DELETE FROM crm_audit WHERE company_id = $1 AND id IN (SELECT s.entry_id FROM crm_audit_seals \
        AS s WHERE s.company_id = $1 AND s.batch > $2 AND s.batch <= $3)";
    const SEALS: &str = "DELETE FROM crm_audit_seals WHERE company_id = $1 AND batch > $2 AND batch <= $3";
    for sql in [ENTRIES, SEALS] {
        let values = [company.0.into(), after.into(), through.into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    }
    let update = Query::update()
        .table("crm_audit_heads")
        .value("pruned", through)
        .and_where(Expr::col("company_id").eq(company.0))
        .to_owned();
    tx.execute(&update).await?;
    Ok(())
}
