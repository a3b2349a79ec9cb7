//! The records that a merge moves: those of all [`CHILDREN`] that have a kind. One more kind of them needs no change here.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, InsertStatement, Query, SelectStatement};
use uuid::Uuid;

use super::super::children::{CHILDREN, Child};
use super::model::MergeCount;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, is_live};

pub(super) const RECORDS: &str = "crm_customer_merge_records";

/// The tables whose records move, with the kind of each.
pub(super) fn tables() -> impl Iterator<Item = (Kind, &'static Child)> {
    CHILDREN.iter().filter_map(|child| Some((child.kind?, *child)))
}

/// The rows that the actor sees; `None` if that is none of them.
pub(super) fn visible(tx: &CompanyTx<'_>, child: &Child) -> Option<Condition> {
    tx.actor().visible(child.timeline.as_ref()?.access).ok()
}

/// How many records outside the trash move that the actor sees.
pub(super) async fn count(tx: &mut CompanyTx<'_>, losers: &[CustomerId]) -> Result<Vec<MergeCount>> {
    let mut counts = Vec::new();
    for (kind, child) in tables() {
        let Some(visible) = visible(tx, child) else { continue };
        let select = Query::select()
            .expr_as(Func::count(Expr::cust("*")), "count")
            .from(child.table)
            .and_where(of_customers(tx, child, losers))
            .and_where(is_live(child.table))
            .cond_where(visible)
            .to_owned();
        let rows = tx.query(&select).await?;
        let count: i64 = rows.first().map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
        if count > 0 {
            counts.push(MergeCount { of: kind.to_string(), count: count.unsigned_abs() });
        }
    }
    Ok(counts)
}

fn of_customers(tx: &CompanyTx<'_>, child: &Child, customers: &[CustomerId]) -> Expr {
    let ids: Vec<Uuid> = customers.iter().map(|id| id.0).collect();
    let company = Expr::col((child.table, "company_id")).eq(tx.company.id.0);
    company.and(any_of(Expr::col((child.table, "customer_id")), ids, tx.is_postgres()))
}

/// Gives the records of the losers to the survivor, and notes which they were: two statements for each table.
pub(super) async fn relink(
    tx: &mut CompanyTx<'_>,
    merge: CustomerMergeId,
    survivor: CustomerId,
    losers: &[CustomerId],
) -> Result<()> {
    for (_, child) in tables() {
        let noted = note(tx, merge, child, losers)?;
        tx.execute(&noted).await?;
        let update = Query::update()
            .table(child.table)
            .value("customer_id", survivor.0)
            .and_where(of_customers(tx, child, losers))
            .to_owned();
        tx.execute(&update).await?;
    }
    Ok(())
}

fn note(tx: &CompanyTx<'_>, merge: CustomerMergeId, child: &Child, losers: &[CustomerId]) -> Result<InsertStatement> {
    let rows = Query::select()
        .expr(Expr::val(tx.company.id.0))
        .expr(Expr::val(merge.0))
        .expr(Expr::val(child.table))
        .columns(["id", "customer_id", "version"])
        .from(child.table)
        .and_where(of_customers(tx, child, losers))
        .to_owned();
    let mut insert = Query::insert();
    let columns = ["company_id", "merge_id", "entity_table", "record_id", "customer_id", "version"];
    insert.into_table(RECORDS).columns(columns).select_from(rows).map_err(Error::internal)?;
    Ok(insert)
}

/// The rows of a merge for the record of a statement's row of a table.
pub(super) fn moved_here(tx: &CompanyTx<'_>, merge: CustomerMergeId, child: &Child) -> SelectStatement {
    let noted = |name: &'static str| Expr::col((RECORDS, name));
    Query::select()
        .from(RECORDS)
        .and_where(noted("company_id").eq(tx.company.id.0))
        .and_where(noted("merge_id").eq(merge.0))
        .and_where(noted("entity_table").eq(child.table))
        .and_where(noted("record_id").equals((child.table, "id")))
        .to_owned()
}

/// Whether a moved record was changed since.
pub(super) fn is_changed(child: &Child) -> Expr {
    Expr::col((RECORDS, "version")).not_equals((child.table, "version"))
}

/// Gives the records back, but for those that were changed since. What the actor does not see goes back in any case, because
/// nobody could tell them of it.
pub(super) async fn put_back(tx: &mut CompanyTx<'_>, merge: CustomerMergeId, survivor: CustomerId) -> Result<()> {
    for (_, child) in tables() {
        let former = moved_here(tx, merge, child).column((RECORDS, "customer_id")).to_owned();
        let stays = match visible(tx, child) {
            Some(visible) => Condition::all().add(is_changed(child)).add(visible),
            None => Condition::all().add(Expr::cust("1 = 0")),
        };
        let goes = moved_here(tx, merge, child).expr(Expr::cust("1")).cond_where(stays.not()).to_owned();
        let update = Query::update()
            .table(child.table)
            .value("customer_id", Expr::from(former))
            .and_where(of_customers(tx, child, &[survivor]))
            .and_where(Expr::exists(goes))
            .to_owned();
        tx.execute(&update).await?;
    }
    let delete = Query::delete()
        .from_table(RECORDS)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("merge_id").eq(merge.0))
        .to_owned();
    tx.execute(&delete).await.map(drop)
}
