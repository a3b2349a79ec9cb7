//! Recomputes the stored statistics of customers.

use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use uuid::Uuid;

use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::journal::customer_stats::{COUNTS, TABLE, TIMES, filled};
use crate::scope::actor::Actor;
use crate::scope::{CompanyScope, CompanyTx, Crm};

/// The customers of all companies.
pub(crate) async fn all(crm: &Crm, db: &DatabaseConnection) -> Result<u64> {
    let mut counted = 0;
    let companies = Query::select().column("company_id").from("crm_companies").to_owned();
    for company in db.query_all(&companies).await? {
        let company: Uuid = company.try_get("", "company_id")?;
        let mut scope = crm.on(Actor::system(company.into()), db);
        let mut after = Uuid::nil();
        while let Some((last, rows)) = recount(&mut scope, after).await? {
            (after, counted) = (last, counted + rows);
        }
    }
    Ok(counted)
}

/// The number of customers per transaction, each of which is locked meanwhile.
const BATCH: i64 = 500;

/// Recomputes the next customers after an id; returns the last id and the number of customers. For a customer in the
/// trash, the records that are restored with it count.
pub(crate) async fn recount(scope: &mut CompanyScope<'_>, after: Uuid) -> Result<Option<(Uuid, u64)>> {
    let company = scope.company_id().0;
    scope
        .write_unchecked(async |tx| {
            let lock = if tx.is_postgres() { " FOR UPDATE" } else { "" };
            let locked =
                format!("SELECT id FROM crm_customers WHERE company_id = $1 AND id > $2 ORDER BY id LIMIT $3{lock}");
            let rows = tx.query_sql(&locked, vec![company.into(), after.into(), BATCH.into()]).await?;
            let Some(last) = rows.last() else {
                return Ok(None);
            };
            let last: Uuid = last.try_get("", "id")?;
            let sql = recount_sql("c.id > $2 AND c.id <= $3");
            tx.query_sql(&sql, vec![company.into(), after.into(), last.into()]).await?;
            Ok(Some((last, rows.len() as u64)))
        })
        .await
}

/// Recomputes some customers that the transaction holds.
pub(crate) async fn of_customers(tx: &mut CompanyTx<'_>, customers: &[CustomerId]) -> Result<()> {
    let names: Vec<String> = (2..customers.len() + 2).map(|number| format!("${number}")).collect();
    let sql = recount_sql(&format!("c.id IN ({})", names.join(", ")));
    let company = std::iter::once(tx.company.id.0);
    let values = company.chain(customers.iter().map(|id| id.0)).map(Into::into).collect();
    tx.query_sql(&sql, values).await.map(drop)
}

/// The customers of company `$1` that meet a condition.
fn recount_sql(which: &str) -> String {
    let live = |of: &str| format!("({of}.deleted_at IS NULL OR {of}.delete_batch_id = c.delete_batch_id)");
    let all = COUNTS.iter().chain(&TIMES);
    let names: Vec<&str> = all.clone().map(|(column, _)| *column).collect();
    let values: Vec<String> = all.map(|(_, sql)| filled(sql, "$1", "c.id", live)).collect();
    let updates: Vec<String> = names.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO {TABLE} (company_id, customer_id, {}) SELECT c.company_id, c.id, {} FROM crm_customers AS c \
         WHERE c.company_id = $1 AND {which} \
         ON CONFLICT (company_id, customer_id) DO UPDATE SET {}",
        names.join(", "),
        values.join(", "),
        updates.join(", ")
    )
}
