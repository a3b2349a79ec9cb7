//! Pages by rank: what matches is ranked once, the best are picked by id, and only they are read.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order as Direction, Query, SelectStatement};
use sea_orm::{QueryTrait, Value};
use uuid::Uuid;

use super::super::model::Customer;
use super::super::row;
use crate::base::error::Result;
use crate::query::page::{self, COUNT_CAP, Count, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::{CompanyScope, Find, FromRow, RowReader};

struct Ranked {
    customer: Customer,
    rank: i32,
    /// How many customers match.
    total: i64,
}

impl FromRow for Ranked {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self { customer: Customer::from_row(row)?, rank: row.take("rank")?, total: row.take("total")? })
    }
}

/// Reads one page, the lowest rank first: one statement, which counts as well where that is asked for. `find` gives the
/// customers that match.
pub(super) async fn page<'s>(
    scope: &'s CompanyScope<'_>,
    find: impl Fn() -> Find<'s, row::Entity>,
    rank: &Expr,
    filter: &str,
    request: &PageRequest,
) -> Result<Page<Customer>> {
    let id = Expr::col((row::TABLE, "id"));
    let order = Order {
        name: "relevance".to_owned(),
        key: rank.clone(),
        kind: KeyKind::Number,
        id: id.clone(),
        descending: false,
        computed: true,
    };
    let (limit, start) = (request.limit, page::start(&order, filter, request)?);
    let total = if request.count == Count::None { "CAST(0 AS BIGINT)" } else { "COUNT(*) OVER ()" };
    let matches = find().expressions([(id, "id"), (rank.clone(), "rank"), (Expr::cust(total), "total")]);
    let best = best(matches, start.after.clone(), start.offset, limit + 1);
    let rows: Vec<Ranked> = row::select(scope.find(), scope.actor(), scope.is_postgres())
        .map(|mut select| {
            let is_best = Expr::col(("best", "id")).equals((row::TABLE, "id"));
            QueryTrait::query(&mut select)
                .columns([("best", "rank"), ("best", "total")])
                .join_subquery(JoinType::InnerJoin, best, "best", is_best)
                .order_by(("best", "rank"), Direction::Asc)
                .order_by(("best", "id"), Direction::Asc);
            select
        })
        .fetch_up_to(limit + 1)
        .await?;
    let total = rows.first().map(|ranked| ranked.total.unsigned_abs());
    let page = page::end(rows, &order, filter, request, &start, |ranked| {
        (Key::Number(ranked.rank.into()), ranked.customer.id.0)
    })?;
    let page = page.map(|ranked| ranked.customer);
    let bound = match request.count {
        Count::None => return Ok(page),
        Count::Capped => Some(COUNT_CAP + 1),
        Count::Exact => None,
    };
    let total = match total {
        Some(total) => total,
        // A page beyond the last has no row to tell the number.
        None => find().count(bound).await?,
    };
    Ok(page.counted(total, bound.is_some()))
}

/// The best of what matches, after a rank and id.
fn best(matches: SelectStatement, after: Option<(Key, Uuid)>, offset: u64, limit: u64) -> SelectStatement {
    let mut best = Query::select();
    best.columns(["id", "rank", "total"]).from_subquery(matches, "matches");
    if let Some((rank, id)) = after {
        let key = [Expr::col("rank"), Expr::col("id")];
        best.and_where(Expr::tuple(key).gt(Expr::tuple([rank.into(), Expr::val(Value::from(id))])));
    }
    best.order_by("rank", Direction::Asc).order_by("id", Direction::Asc).offset(offset).limit(limit).to_owned()
}
