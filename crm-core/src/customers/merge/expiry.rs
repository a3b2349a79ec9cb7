//! Removes what merges keep for their undoing, when they cannot be undone any more.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, Value};
use uuid::Uuid;

use crate::base::error::Result;
use crate::scope::begin_write;

/// Of all companies.
const EXPIRED: &str = "SELECT company_id, id FROM crm_customer_merges \
     WHERE undoable_until <= $1 AND before_image IS NOT NULL ORDER BY undoable_until LIMIT 500";

/// The rows of the losers of a merge, with everything that hangs on them; not of those who were leads, which numbers over
/// leads keep.
const LOSERS: &str = "DELETE FROM crm_customers WHERE company_id = $1 AND merged_into_id IS NOT NULL \
     AND id IN (SELECT customer_id FROM crm_merged_customers WHERE company_id = $1 AND merge_id = $2) \
     AND NOT EXISTS (SELECT 1 FROM crm_leads AS l WHERE l.company_id = $1 AND l.id = crm_customers.id)";

const RECORDS: &str = "DELETE FROM crm_customer_merge_records WHERE company_id = $1 AND merge_id = $2";

const LINKS: &str = "DELETE FROM crm_customer_merge_links WHERE company_id = $1 AND merge_id = $2";

const IMAGES: &str =
    "UPDATE crm_customer_merges SET before_image = NULL, after_image = NULL WHERE company_id = $1 AND id = $2";

/// Merge by merge, so that no lock is held for long. Gives the number of merges.
pub(crate) async fn delete_expired(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<u64> {
    let statement =
        |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut expired = 0;
    loop {
        let merges = db.query_all_raw(statement(EXPIRED, vec![now.into()])).await?;
        if merges.is_empty() {
            return Ok(expired);
        }
        for merge in merges {
            let (company, id): (Uuid, Uuid) = (merge.try_get("", "company_id")?, merge.try_get("", "id")?);
            let tx = begin_write(db).await?;
            for sql in [LOSERS, RECORDS, LINKS, IMAGES] {
                tx.execute_raw(statement(sql, vec![company.into(), id.into()])).await?;
            }
            tx.commit().await?;
            expired += 1;
        }
    }
}
