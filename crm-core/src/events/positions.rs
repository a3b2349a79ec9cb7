//! Assigns positions in a company's feed, after the commit, by one task of one process at a time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement};
use uuid::Uuid;

use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::query::dialect::lock_key;
use crate::scope::{Crm, begin_write};

/// The number of events per transaction.
const BATCH: usize = 1_000;

/// The result of one transaction.
struct Numbered {
    events: usize,
    /// The last position of the feed.
    head: i64,
}

impl Crm {
    /// Assigns positions to the company's committed events without one. Returns the last position of the feed.
    pub(super) async fn number(&self, db: &DatabaseConnection, company: CompanyId) -> Result<i64> {
        let (head, is_waiting) = reach(db, company).await?;
        if !is_waiting {
            return Ok(head);
        }
        let live = self.0.live.get(company);
        let _alone = match live.numbering.try_lock() {
            Ok(alone) => alone,
            Err(_) => {
                let alone = live.numbering.lock().await;
                // Usually the other task has left nothing to do.
                let (head, is_waiting) = reach(db, company).await?;
                if !is_waiting {
                    return Ok(head);
                }
                alone
            }
        };
        number_all(db, company, self.now()).await
    }

    /// Assigns positions to one batch, unless another task of this process is doing it.
    pub(super) async fn number_some(&self, db: &DatabaseConnection, company: CompanyId) -> Result<()> {
        let live = self.0.live.get(company);
        if let Ok(_alone) = live.numbering.try_lock() {
            number_batch(db, company, self.now()).await?;
        }
        Ok(())
    }

    /// Assigns positions for all companies, the longest waiting first.
    pub(super) async fn number_everywhere(&self, db: &DatabaseConnection) -> Result<()> {
        let waiting = Query::select()
            .column("company_id")
            .from("crm_outbox")
            .and_where(Expr::col("position").is_null())
            .group_by_col("company_id")
            .order_by_expr(Expr::cust("min(occurred_at)"), Order::Asc)
            .to_owned();
        for row in db.query_all(&waiting).await? {
            let company = CompanyId(row.try_get("", "company_id")?);
            let live = self.0.live.get(company);
            let _alone = live.numbering.lock().await;
            number_all(db, company, self.now()).await?;
        }
        Ok(())
    }
}

/// The last position of a company's feed, and whether there are committed events without a position.
pub(super) async fn reach(db: &impl ConnectionTrait, company: CompanyId) -> Result<(i64, bool)> {
    const REACH: &str = "SELECT COALESCE((SELECT position FROM crm_event_heads WHERE company_id = $1), 0) AS head, \
        EXISTS (SELECT 1 FROM crm_outbox WHERE company_id = $1 AND position IS NULL) AS is_waiting";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), REACH, [company.0.into()]);
    let row = db.query_one_raw(statement).await?.ok_or_else(|| Error::internal("a feed reaches somewhere"))?;
    Ok((row.try_get("", "head")?, row.try_get("", "is_waiting")?))
}

async fn number_all(db: &DatabaseConnection, company: CompanyId, now: DateTime<Utc>) -> Result<i64> {
    loop {
        let Numbered { events, head } = number_batch(db, company, now).await?;
        if events < BATCH {
            return Ok(head);
        }
    }
}

/// Assigns positions to one batch. If another process was faster, nothing is written.
async fn number_batch(db: &DatabaseConnection, company: CompanyId, now: DateTime<Utc>) -> Result<Numbered> {
    const NUMBER: &str = "UPDATE crm_outbox SET position = $1 + waiting.number FROM (\
        SELECT id AS waiting_id, row_number() OVER (ORDER BY occurred_at, id) AS number FROM crm_outbox \
        WHERE company_id = $2 AND position IS NULL ORDER BY occurred_at, id LIMIT $3\
        ) AS waiting WHERE company_id = $2 AND id = waiting.waiting_id RETURNING private_to";
    const ADVANCE: &str = "INSERT INTO crm_event_heads (company_id, position, private_events, moved_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (company_id) DO UPDATE SET position = excluded.position, \
        private_events = crm_event_heads.private_events + excluded.private_events, moved_at = excluded.moved_at";
    let (tx, backend) = (begin_write(db).await?, db.get_database_backend());
    lock(&tx, company).await?;
    let (head, is_waiting) = reach(&tx, company).await?;
    if !is_waiting {
        tx.rollback().await?;
        return Ok(Numbered { events: 0, head });
    }
    let values = [head.into(), company.0.into(), count(BATCH)?.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, NUMBER, values)).await?;
    let private_to = rows.iter().map(|row| row.try_get::<Option<Uuid>>("", "private_to"));
    let private_to = private_to.collect::<Result<Vec<_>, _>>()?;
    let (events, private) = (rows.len(), private_to.iter().flatten().count());
    let head = head + count(events)?;
    let values = [company.0.into(), head.into(), count(private)?.into(), now.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, ADVANCE, values)).await?;
    tx.commit().await?;
    Ok(Numbered { events, head })
}

fn count(number: usize) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}

/// SQLite has a single writer anyway.
async fn lock(tx: &DatabaseTransaction, company: CompanyId) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let key = lock_key(company.0);
        let sql = "SELECT pg_advisory_xact_lock($1)";
        tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [key.into()])).await?;
    }
    Ok(())
}
