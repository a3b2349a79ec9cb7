//! Shared parts of recomputing derived columns.

use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use uuid::Uuid;

use super::CompanyTx;
use crate::base::error::Result;

/// The number of records per transaction, each of which is locked meanwhile.
pub(crate) const BATCH: u64 = 500;

/// The result for some records of a company.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub written: u64,
    pub conflicts: Vec<Uuid>,
    /// The last record; `None` if there were none.
    pub last: Option<Uuid>,
}

impl Batch {
    /// Writes the columns of a row that differ from the stored ones.
    pub(crate) async fn write<const N: usize>(
        &mut self,
        tx: &mut CompanyTx<'_>,
        (table, id): (&'static str, Uuid),
        columns: [(&'static str, Option<String>, Option<String>); N],
    ) -> Result<()> {
        let mut update: UpdateStatement = Query::update().table(table).to_owned();
        let mut differs = false;
        for (column, stored, derived) in columns {
            if stored != derived {
                differs = true;
                update.value(column, derived);
            }
        }
        if differs {
            update.and_where(Expr::col("company_id").eq(tx.company.id.0)).and_where(Expr::col("id").eq(id));
            self.written += tx.execute(&update).await?;
        }
        Ok(())
    }
}

/// Whether another row of the company has this key.
pub(crate) async fn is_taken(
    tx: &mut CompanyTx<'_>,
    (table, id): (&'static str, Uuid),
    column: &'static str,
    key: &str,
) -> Result<bool> {
    let other = Query::select()
        .expr(Expr::val(1))
        .from(table)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col(column).eq(key))
        .and_where(Expr::col("id").ne(id))
        .limit(1)
        .to_owned();
    Ok(!tx.query(&other).await?.is_empty())
}
