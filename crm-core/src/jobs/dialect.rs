//! What differs between the databases: locks.

use sea_orm::Value;
use uuid::Uuid;

use crate::base::error::{Error, Result};
use crate::query::dialect::lock_key;
use crate::scope::CompanyTx;

/// One worker at a time takes jobs of a company, so that none takes two of one record; a second one does not wait. On
/// SQLite the transaction itself is that lock.
pub(super) async fn try_lock(tx: &mut CompanyTx<'_>) -> Result<bool> {
    if !tx.is_postgres() {
        return Ok(true);
    }
    let key = lock_key(Uuid::new_v5(&tx.company.id.0, b"crm:jobs"));
    let rows = tx.query_sql("SELECT pg_try_advisory_xact_lock($1)", vec![Value::from(key)]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("a lock is taken or not"))?;
    Ok(row.try_get_by_index(0)?)
}
