//! Customers who are found by the names of their tags. The names stay with the tags, so that a tag of many customers is
//! renamed, merged and deleted without writing a single one of them.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use super::super::row;
use super::Texts;
use crate::query::filter::contains;
use crate::tags::{ASSIGNMENTS, TABLE};

/// The customers of the company who have a tag with one of these patterns in its name. It depends on no row of a statement
/// around it, so that it is asked once.
pub(super) fn having<'p>(texts: Texts, patterns: impl IntoIterator<Item = &'p str>) -> SelectStatement {
    let name = || Expr::col((TABLE, "search_text"));
    let any = patterns.into_iter().map(|pattern| contains(name(), pattern, texts.postgres));
    Query::select()
        .column((ASSIGNMENTS, "customer_id"))
        .from(TABLE)
        .inner_join(
            ASSIGNMENTS,
            Expr::col((ASSIGNMENTS, "company_id"))
                .eq(texts.company.0)
                .and(Expr::col((ASSIGNMENTS, "tag_id")).equals((TABLE, "id"))),
        )
        .and_where(Expr::col((TABLE, "company_id")).eq(texts.company.0))
        .and_where(any.reduce(ExprTrait::or).unwrap_or_else(|| Expr::val(false)))
        .to_owned()
}

/// True for these customers.
pub(super) fn is_tagged(texts: Texts, pattern: &str) -> Expr {
    Expr::col((row::TABLE, "id")).in_subquery(having(texts, [pattern]))
}
