//! Shared parts of recomputing derived columns.

use sea_orm::sea_query::{Expr, ExprTrait, LockType, Order, Query, UpdateStatement};
use uuid::Uuid;

use super::CompanyTx;
use crate::base::error::Result;
use crate::base::text::fold;

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

/// A column that is folded from a text, and may have the same value in several rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoldedColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// The table and the column of the text. The rows of another table have the same ids.
    pub text: (&'static str, &'static str),
}

/// Folds the next rows after an id.
pub(crate) async fn fold_column(tx: &mut CompanyTx<'_>, of: FoldedColumn, after: Uuid) -> Result<Batch> {
    let FoldedColumn { table, column, text } = of;
    let own = |name: &'static str| Expr::col((table, name));
    let mut next = Query::select();
    next.column((table, "id"))
        .expr_as(own(column), "stored")
        .expr_as(Expr::col(text), "text")
        .from(table)
        .and_where(own("company_id").eq(tx.company.id.0))
        .and_where(own("id").gt(after))
        .order_by((table, "id"), Order::Asc)
        .limit(BATCH);
    if text.0 != table {
        let other = |name: &'static str| Expr::col((text.0, name));
        let is_same = other("company_id").eq(tx.company.id.0).and(other("id").equals((table, "id")));
        next.inner_join(text.0, is_same);
    }
    if tx.is_postgres() {
        next.lock_with_tables(LockType::NoKeyUpdate, [table]);
    }
    let mut batch = Batch::default();
    for row in tx.query(&next).await? {
        let id: Uuid = row.try_get("", "id")?;
        let (stored, text): (String, String) = (row.try_get("", "stored")?, row.try_get("", "text")?);
        batch.last = Some(id);
        batch.write(tx, (table, id), [(column, Some(stored), Some(fold(&text)))]).await?;
    }
    Ok(batch)
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
