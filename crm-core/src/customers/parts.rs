//! Pages that are found in parts: each part finds ids in its own way, and the page is what comes first of all of them.
//! Customers without the key come last in either direction.

use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait, Order as Direction, Query, SelectStatement, UnionType, WithClause,
};
use uuid::Uuid;

use super::row;
use crate::query::page::{Order, Start};
use crate::scope::Find;

/// A part: the name of a common table expression, and a select of `id` and `at`, the key.
pub(super) type Part = (&'static str, SelectStatement);

/// A select of the ids of a page. `with` has what the parts refer to; of each part no more rows are read than the page needs.
pub(super) fn ids(mut with: WithClause, parts: Vec<Part>, order: &Order, start: &Start, limit: u64) -> SelectStatement {
    let mut all: Option<SelectStatement> = None;
    for (name, mut rows) in parts {
        with.cte(named(name, rows.limit(start.offset + limit).to_owned()));
        let part = Query::select().columns(["id", "at"]).from(name).to_owned();
        all = Some(match all {
            Some(mut all) => all.union(UnionType::All, part).to_owned(),
            None => part,
        });
    }
    let direction = order.direction();
    Query::select()
        .with_cte(with)
        .column("id")
        .from_subquery(all.unwrap_or_default(), "found")
        .order_by_expr(Expr::col("at").is_null(), Direction::Asc)
        .order_by("at", direction.clone())
        .order_by("id", direction)
        .offset(start.offset)
        .limit(limit)
        .to_owned()
}

/// Rows in their order, as a part.
pub(super) fn selected(rows: Find<'_, row::Entity>, order: &Order) -> SelectStatement {
    order.apply(rows).expressions([(order.id.clone(), "id"), (order.key.clone(), "at")])
}

/// The rows after this id, of those without the key.
pub(super) fn after_id(order: &Order, id: Uuid) -> Expr {
    let of_row = order.id.clone();
    if order.descending { of_row.lt(id) } else { of_row.gt(id) }
}

pub(super) fn named(name: &'static str, rows: SelectStatement) -> CommonTableExpression {
    CommonTableExpression::new().table_name(name).query(rows).to_owned()
}
