//! A list of values: one array on PostgreSQL, so that there is one statement for every length; one by one on SQLite.

use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait, ValueType};

/// The column has one of the values.
#[cfg(feature = "postgres")]
pub(crate) fn any_of<V: Into<Value> + ValueType>(column: Expr, values: Vec<V>, postgres: bool) -> Expr {
    use sea_orm::sea_query::extension::postgres::PgExpr;
    if postgres { column.eq_any(values) } else { one_by_one(column, values) }
}

/// The column has one of the values.
#[cfg(not(feature = "postgres"))]
pub(crate) fn any_of<V: Into<Value> + ValueType>(column: Expr, values: Vec<V>, _postgres: bool) -> Expr {
    one_by_one(column, values)
}

fn one_by_one<V: Into<Value> + ValueType>(column: Expr, values: Vec<V>) -> Expr {
    column.is_in(values.into_iter().map(Into::into).collect::<Vec<Value>>())
}
