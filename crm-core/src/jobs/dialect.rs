//! What differs between the databases: locks.

use sea_orm::Value;
use sea_orm::sea_query::{LockBehavior, LockType, SelectStatement};
use uuid::Uuid;

use crate::base::error::{Error, Result};
use crate::scope::CompanyTx;

/// Passes over rows that others are writing. SQLite has one writer.
pub(super) fn skip_locked(select: &mut SelectStatement, postgres: bool) {
    if postgres {
        select.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    }
}

/// One worker at a time takes jobs of a company, so that none takes two of one record; a second one does not wait. On
/// SQLite the transaction itself is that lock.
pub(super) async fn try_lock(tx: &mut CompanyTx<'_>) -> Result<bool> {
    if !tx.is_postgres() {
        return Ok(true);
    }
    let (high, low) = Uuid::new_v5(&tx.company.id.0, b"crm:jobs").as_u64_pair();
    let key = i64::from_be_bytes((high ^ low).to_be_bytes());
    let rows = tx.query_sql("SELECT pg_try_advisory_xact_lock($1)", vec![Value::from(key)]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("a lock is taken or not"))?;
    Ok(row.try_get_by_index(0)?)
}
