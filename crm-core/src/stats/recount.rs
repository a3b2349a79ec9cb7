//! Counts anew what is kept of each customer.

use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use uuid::Uuid;

use crate::base::error::Result;
use crate::journal::customer_stats::{COUNTS, TABLE, TIMES, filled};
use crate::scope::actor::Actor;
use crate::scope::{CompanyScope, CompanyTx, Crm};

impl Crm {
    /// Counts anew what is kept of each customer of all companies: the numbers of notes and interactions, first, last and next
    /// contact. Nothing of that differs as long as all that writes is of this version: to be called after a rollout during
    /// which an older one went on writing. Others may write meanwhile. Gives the number of customers.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is; what was counted before stays.
    pub async fn recount_stats(&self, db: &DatabaseConnection) -> Result<u64> {
        let mut counted = 0;
        let companies = Query::select().column("company_id").from("crm_companies").to_owned();
        for company in db.query_all(&companies).await? {
            let company: Uuid = company.try_get("", "company_id")?;
            let mut scope = self.on(Actor::system(company.into()), db);
            let mut after = Uuid::nil();
            while let Some((last, rows)) = recount(&mut scope, after).await? {
                (after, counted) = (last, counted + rows);
            }
        }
        Ok(counted)
    }
}

/// How many customers are counted anew in one transaction, each of them held meanwhile.
const BATCH: i64 = 500;

/// Counts the next customers after an id anew; gives the last one's id, and how many they were. Of a customer in the trash,
/// what comes back with it.
async fn recount(scope: &mut CompanyScope<'_>, after: Uuid) -> Result<Option<(Uuid, u64)>> {
    let company = scope.company_id().0;
    let mut tx = CompanyTx::begin_unchecked(scope).await?;
    let lock = if tx.is_postgres() { " FOR UPDATE" } else { "" };
    let held = format!("SELECT id FROM crm_customers WHERE company_id = $1 AND id > $2 ORDER BY id LIMIT $3{lock}");
    let rows = tx.query_sql(&held, vec![company.into(), after.into(), BATCH.into()]).await?;
    let Some(last) = rows.last() else {
        return Ok(None);
    };
    let last: Uuid = last.try_get("", "id")?;
    tx.query_sql(&recount_sql(), vec![company.into(), after.into(), last.into()]).await?;
    tx.commit().await?;
    Ok(Some((last, rows.len() as u64)))
}

/// Of customers of company `$1`, those after `$2` up to `$3`.
fn recount_sql() -> String {
    let live = |of: &str| format!("({of}.deleted_at IS NULL OR {of}.delete_batch_id = c.delete_batch_id)");
    let all = COUNTS.iter().chain(&TIMES);
    let names: Vec<&str> = all.clone().map(|(column, _)| *column).collect();
    let values: Vec<String> = all.map(|(_, sql)| filled(sql, "c.company_id", "c.id", live)).collect();
    let updates: Vec<String> = names.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO {TABLE} (company_id, customer_id, {}) SELECT c.company_id, c.id, {} FROM crm_customers AS c \
         WHERE c.company_id = $1 AND c.id > $2 AND c.id <= $3 \
         ON CONFLICT (company_id, customer_id) DO UPDATE SET {}",
        names.join(", "),
        values.join(", "),
        updates.join(", ")
    )
}
