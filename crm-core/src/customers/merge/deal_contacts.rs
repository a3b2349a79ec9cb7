//! The deals in which customers who are merged have a say: the survivor takes their places.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use super::moves::RECORDS;
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::deals::CONTACTS;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

fn column(name: &'static str) -> Expr {
    Expr::col((CONTACTS, name))
}

/// Gives the places of the losers to the survivor, and notes which they were. Where the survivor has a say already, or
/// another loser takes the place, the loser's own stays with its row, out of sight. Two statements.
pub(super) async fn relink(
    tx: &mut CompanyTx<'_>,
    merge: CustomerMergeId,
    survivor: CustomerId,
    losers: &[CustomerId],
) -> Result<()> {
    let company = tx.company.id.0;
    let of_losers = |id: Expr| any_of(id, losers.iter().map(|id| id.0).collect::<Vec<Uuid>>(), tx.is_postgres());
    let other = |name: &'static str| Expr::col(("others", name));
    let comes_first = other("customer_id")
        .eq(survivor.0)
        .or(of_losers(other("customer_id")).and(other("customer_id").lt(Expr::col((CONTACTS, "customer_id")))));
    let taken = Query::select()
        .expr(Expr::val(1))
        .from_as(CONTACTS, "others")
        .and_where(other("company_id").eq(company))
        .and_where(other("deal_id").equals((CONTACTS, "deal_id")))
        .and_where(comes_first)
        .to_owned();
    let rows = Query::select()
        .expr(Expr::val(company))
        .expr(Expr::val(merge.0))
        .expr(Expr::val(CONTACTS))
        .columns([(CONTACTS, "deal_id"), (CONTACTS, "customer_id")])
        .expr(Expr::val(0_i64))
        .from(CONTACTS)
        .and_where(column("company_id").eq(company))
        .and_where(of_losers(column("customer_id")))
        .and_where(Expr::exists(taken).not())
        .to_owned();
    let columns = ["company_id", "merge_id", "entity_table", "record_id", "customer_id", "version"];
    let mut note = Query::insert();
    note.into_table(RECORDS).columns(columns).select_from(rows).map_err(Error::internal)?;
    let noted = noted(company, merge)
        .expr(Expr::val(1))
        .and_where(Expr::col((RECORDS, "customer_id")).equals((CONTACTS, "customer_id")))
        .to_owned();
    let update = Query::update()
        .table(CONTACTS)
        .value("customer_id", survivor.0)
        .and_where(column("company_id").eq(company))
        .and_where(of_losers(column("customer_id")))
        .and_where(Expr::exists(noted))
        .to_owned();
    tx.execute(&note).await?;
    tx.execute(&update).await.map(drop)
}

/// What is noted of the contacts of a statement's deal.
fn noted(company: Uuid, merge: CustomerMergeId) -> SelectStatement {
    let noted = |name: &'static str| Expr::col((RECORDS, name));
    Query::select()
        .from(RECORDS)
        .and_where(noted("company_id").eq(company))
        .and_where(noted("merge_id").eq(merge.0))
        .and_where(noted("entity_table").eq(CONTACTS))
        .and_where(noted("record_id").equals((CONTACTS, "deal_id")))
        .to_owned()
}

/// Gives the places back, as far as the survivor has them still. To be called while they are noted.
pub(super) async fn put_back(tx: &mut CompanyTx<'_>, merge: CustomerMergeId, survivor: CustomerId) -> Result<()> {
    let company = tx.company.id.0;
    let former = noted(company, merge).column((RECORDS, "customer_id")).to_owned();
    let update = Query::update()
        .table(CONTACTS)
        .value("customer_id", Expr::from(former))
        .and_where(column("company_id").eq(company))
        .and_where(column("customer_id").eq(survivor.0))
        .and_where(Expr::exists(noted(company, merge).expr(Expr::val(1)).to_owned()))
        .to_owned();
    tx.execute(&update).await.map(drop)
}
