//! How many links a merge moves, folds and drops.

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use uuid::Uuid;

use super::super::label::PARENT;
use super::super::model::MergedLinks;
use super::{Merging, TABLE};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// The links whose other customer the actor sees, and whether there is one of the hierarchy among all.
pub(super) async fn count(tx: &mut CompanyTx<'_>, merging: Merging<'_>) -> Result<(MergedLinks, bool)> {
    let ids: Vec<Uuid> = merging.all().map(Uuid::from).collect();
    let end = |name: &'static str| Expr::col((TABLE, name));
    let inside = |name| any_of(end(name), ids.clone(), tx.is_postgres());
    let is_from = end("from_id").equals((TABLE, "customer_id"));
    let other: Expr = Expr::case(is_from, end("to_id")).finally(end("from_id")).into();
    let seen = Expr::exists(tx.actor().visible_customers(|id| id.eq(other))?);
    let seen = seen.or(inside("from_id").and(inside("to_id")));
    let one_if = |condition: Expr| -> Expr { Expr::case(condition, 1).finally(0).into() };
    let select = Query::select()
        .column("outcome")
        .expr_as(Func::sum(one_if(seen)), "links")
        .expr_as(Func::max(one_if(end("label_key").eq(PARENT))), "parents")
        .from(TABLE)
        .and_where(end("company_id").eq(tx.company.id.0))
        .and_where(end("merge_id").eq(merging.id.0))
        .group_by_col("outcome")
        .to_owned();
    let (mut links, mut has_parents) = (MergedLinks::default(), false);
    for row in tx.query(&select).await? {
        let (outcome, count): (String, i64) = (row.try_get("", "outcome")?, row.try_get("", "links")?);
        has_parents |= row.try_get::<i32>("", "parents")? > 0;
        match outcome.as_str() {
            "moved" => links.moved = count.unsigned_abs(),
            "folded" => links.folded = count.unsigned_abs(),
            "dropped" => links.dropped = count.unsigned_abs(),
            _ => {}
        }
    }
    Ok((links, has_parents))
}

/// The loser that was the parent of a child of the survivor before.
pub(super) async fn former_parent(
    tx: &mut CompanyTx<'_>,
    merging: Merging<'_>,
    child: CustomerId,
) -> Result<Option<CustomerId>> {
    let mut parameters = merging.parameters(tx);
    let child = parameters.add(child.0);
    let sql = format!(
        "SELECT to_id FROM {TABLE} WHERE company_id = $1 AND merge_id = $2 AND from_id = {child} \
            AND active_key = '{PARENT}' AND customer_id = to_id"
    );
    let rows = tx.query_sql(&sql, parameters.into_values()).await?;
    rows.first().map(|row| Ok(row.try_get::<Uuid>("", "to_id")?.into())).transpose()
}
