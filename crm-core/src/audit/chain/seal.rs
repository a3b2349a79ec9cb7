//! Seals entries in batches, one task at a time for each company.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    FromQueryResult, IntoActiveModel, QueryTrait, Statement,
};
use uuid::Uuid;

use super::{ENTRY, IS_UNSEALED, LATE, RECENT, SWEEP_EVERY, batch_row, digest, head_row, seal_row};
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::journal::audit as entry;
use crate::query::dialect::lock_key;
use crate::scope::{Crm, begin_write};

/// What sealing changes of a head.
const MOVED: [&str; 8] =
    ["number", "entries", "hash", "sealed_at", "reached_at", "look_from", "swept_at", "sweep_until"];

pub(super) async fn all_companies(db: &DatabaseConnection) -> Result<Vec<CompanyId>> {
    let companies = Query::select().column("company_id").from("crm_companies").to_owned();
    db.query_all(&companies).await?.iter().map(|row| Ok(CompanyId(row.try_get("", "company_id")?))).collect()
}

/// The companies that may have entries to seal: one index entry of each is read.
pub(super) async fn companies_to_seal(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<Vec<CompanyId>> {
    const TO_SEAL: &str = "SELECT c.company_id AS company_id FROM crm_companies AS c \
        LEFT JOIN crm_audit_heads AS h ON h.company_id = c.company_id \
        WHERE EXISTS (SELECT 1 FROM crm_audit AS a WHERE a.company_id = c.company_id \
        AND a.occurred_at >= COALESCE(h.look_from, $1)) \
        OR (h.swept_at < h.sweep_until AND h.swept_at <= $2)";
    let values = [DateTime::<Utc>::UNIX_EPOCH.into(), (now - SWEEP_EVERY).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), TO_SEAL, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok(CompanyId(row.try_get("", "company_id")?))).collect()
}

pub(super) async fn seal(crm: &Crm, db: &DatabaseConnection, company: CompanyId, most: usize) -> Result<u64> {
    let mut sealed = 0;
    loop {
        let entries = seal_batch(crm, db, company, most).await?;
        sealed += entries as u64;
        if entries < most {
            return Ok(sealed);
        }
    }
}

/// Where to look for entries that are not sealed.
struct Look {
    from: DateTime<Utc>,
    is_sweep: bool,
}

impl Look {
    fn of(head: &head_row::Model, now: DateTime<Utc>) -> Self {
        let is_sweep = head.swept_at < head.sweep_until && head.swept_at <= now - SWEEP_EVERY;
        // What has committed since the last sweep was begun at most this long before it.
        let from = if is_sweep { head.look_from.min(head.swept_at - LATE) } else { head.look_from };
        Self { from, is_sweep }
    }

    /// Moves a head to what this look has found. `is_all`: nothing is left to be found.
    fn end(&self, head: &mut head_row::Model, rows: &[entry::Model], is_all: bool, now: DateTime<Utc>) {
        // A sweep that finds nothing says nothing of what is new, and sweeps are to end where nothing is written.
        let is_idle = self.is_sweep && rows.is_empty();
        let reached = if is_all { Some(now) } else { rows.last().map(|row| row.occurred_at) };
        if let Some(reached) = reached.filter(|_| !is_idle) {
            head.reached_at = head.reached_at.max(reached);
            head.look_from = head.look_from.max(head.reached_at - RECENT);
        }
        if self.is_sweep && is_all {
            head.swept_at = now;
        }
        head.sweep_until = head.reached_at + LATE;
    }
}

/// Seals one batch, and returns the number of its entries.
async fn seal_batch(crm: &Crm, db: &DatabaseConnection, company: CompanyId, most: usize) -> Result<usize> {
    let tx = begin_write(db).await?;
    lock(&tx, company).await?;
    // Before the entries are read: what is there at this time is seen.
    let now = crm.now();
    let head = head_row::Entity::find_by_id(company.0).one(&tx).await?;
    let is_new = head.is_none();
    let mut head = head.unwrap_or_else(|| head_row::Model::first(company.0, now));
    let look = Look::of(&head, now);
    let rows = unsealed(&tx, company, look.from, most).await?;
    if rows.is_empty() && is_new {
        tx.rollback().await?;
        return Ok(0);
    }
    let is_all = rows.len() < most;
    look.end(&mut head, &rows, is_all, now);
    if let Some(batch) = add(&tx, &head, &rows, now).await? {
        (head.number, head.entries) = (batch.number, batch.last_position);
        (head.hash, head.sealed_at) = (batch.hash, now);
    }
    let row = head.into_active_model().reset_all();
    let moved = OnConflict::column("company_id").update_columns(MOVED).to_owned();
    tx.execute(&head_row::Entity::insert_many([row]).on_conflict(moved).into_query()).await?;
    tx.commit().await?;
    Ok(rows.len())
}

/// The oldest entries from a time on that are not sealed.
async fn unsealed(
    tx: &DatabaseTransaction,
    company: CompanyId,
    from: DateTime<Utc>,
    most: usize,
) -> Result<Vec<entry::Model>> {
    let sql = format!(
        "SELECT {ENTRY} FROM crm_audit AS a WHERE a.company_id = $1 AND a.occurred_at >= $2 AND {IS_UNSEALED} \
         ORDER BY a.occurred_at, a.id LIMIT $3"
    );
    let values = [company.0.into(), from.into(), count(most)?.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| Ok(entry::Model::from_query_result(row, "")?)).collect()
}

/// Adds a batch of these entries behind the head, if there are any.
async fn add(
    tx: &DatabaseTransaction,
    head: &head_row::Model,
    rows: &[entry::Model],
    now: DateTime<Utc>,
) -> Result<Option<batch_row::Model>> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(None);
    };
    let number = head.number + 1;
    let seals = rows.iter().zip(head.entries + 1..).map(|(row, position)| seal_row::Model {
        company_id: head.company_id,
        entry_id: row.id,
        batch: number,
        position,
        digest: digest::of_entry(row, number, position),
    });
    let seals: Vec<seal_row::Model> = seals.collect();
    let entries = count(seals.len())?;
    let mut batch = batch_row::Model {
        company_id: head.company_id,
        number,
        first_position: head.entries + 1,
        last_position: head.entries + entries,
        first_entry: first.id,
        last_entry: last.id,
        entries,
        entries_hash: digest::of_entries(seals.iter().map(|seal| seal.digest.as_str())),
        previous_hash: head.hash.clone(),
        hash: String::new(),
        // They are in the order of their times.
        latest_at: last.occurred_at,
        reached_at: head.reached_at,
        sealed_at: now,
    };
    batch.hash = digest::of_batch(&batch);
    let seals = seals.into_iter().map(|seal| seal.into_active_model().reset_all());
    tx.execute(&seal_row::Entity::insert_many(seals).into_query()).await?;
    let row = batch.clone().into_active_model().reset_all();
    tx.execute(&batch_row::Entity::insert(row).into_query()).await?;
    Ok(Some(batch))
}

pub(super) fn count(number: usize) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}

/// One task at a time works on a company's chain. SQLite has a single writer anyway.
pub(super) async fn lock(tx: &DatabaseTransaction, company: CompanyId) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        // Not the lock of the company's feed, which requests wait for.
        let key = lock_key(Uuid::new_v5(&company.0, b"audit_chain"));
        let sql = "SELECT pg_advisory_xact_lock($1)";
        tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [key.into()])).await?;
    }
    Ok(())
}
