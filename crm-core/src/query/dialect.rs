//! Differences between the databases: lists of values, locks, and analysing tables.
//!
//! A list is one array on PostgreSQL, so that there is one statement for every length; SQLite binds each value.

use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, SelectStatement, ValueType};
use uuid::Uuid;

/// Stands for the id of the company in SQL that is written by hand: every reference to a company's table binds it by a
/// value, so that its rows can be distributed by it.
pub(crate) const COMPANY: &str = "$company";

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

/// The column has one of these ids, as SQL. `bind` adds a value, and gives its name; on SQLite the ids are written out.
#[cfg(feature = "postgres")]
pub(crate) fn any_of_sql(column: &str, ids: &[Uuid], postgres: bool, bind: impl FnOnce(Value) -> String) -> String {
    if postgres { format!("{column} = ANY ({})", bind(ids.to_vec().into())) } else { written_out(column, ids) }
}

/// The column has one of these ids, as SQL.
#[cfg(not(feature = "postgres"))]
pub(crate) fn any_of_sql(column: &str, ids: &[Uuid], _postgres: bool, _bind: impl FnOnce(Value) -> String) -> String {
    written_out(column, ids)
}

fn written_out(column: &str, ids: &[Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("x'{}'", id.simple())).collect();
    format!("{column} IN ({})", ids.join(", "))
}

/// The column has one of the values of a select. On PostgreSQL they are an array, which is computed once and makes the
/// planner use the index of the column; with a join it could read the whole table.
pub(crate) fn selected_by(column: Expr, values: SelectStatement, postgres: bool) -> Expr {
    if postgres {
        return Expr::cust_with_exprs("$1 = ANY (ARRAY $2)", [column, Expr::from(values)]);
    }
    column.in_subquery(values)
}

/// Passes over rows that others are writing. SQLite has one writer.
pub(crate) fn skip_locked(select: &mut SelectStatement, postgres: bool) {
    if postgres {
        select.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    }
}

/// The number under which PostgreSQL knows the advisory lock of an id.
pub(crate) fn lock_key(id: Uuid) -> i64 {
    let (high, low) = id.as_u64_pair();
    i64::from_be_bytes((high ^ low).to_be_bytes())
}

/// The statement that updates the planner's statistics of a table. SQLite needs none: it uses the index of the order.
pub(crate) fn analyze(table: &str, postgres: bool) -> Option<String> {
    // Another session may be analysing the table already.
    postgres.then(|| format!("ANALYZE (SKIP_LOCKED) {table}"))
}
