//! Reading one page of a company's rows.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::{CompanyOwned, Find, FromRow};
use crate::base::error::Result;
use crate::query::page::{COUNT_CAP, Count, Key, Order, Page, PageRequest, end, start};

/// Reads one page. `find` gives the select, filtered and with all its columns, as often as it is needed; `key` tells the
/// sort key and id of a record.
pub(crate) async fn read_page<'s, E, M>(
    find: impl Fn() -> Find<'s, E>,
    order: &Order,
    filter: &str,
    request: &PageRequest,
    key: impl Fn(&M) -> (Key, Uuid),
) -> Result<Page<M>>
where
    E: CompanyOwned,
    M: FromRow,
{
    let (limit, start) = (request.limit, start(order, filter, request)?);
    let mut rows = find();
    if let Some(after) = &start.after {
        rows = rows.filter(beyond(order, after.clone()));
    }
    if start.offset > 0 || order.computed {
        // Only ids are sorted and skipped over: a database computes every column of the rows it then leaves out.
        let ids = order.apply(rows).ids(order.id.clone(), start.offset, limit + 1);
        rows = find().only(order.id.clone(), ids);
    }
    let data: Vec<M> = order.apply(rows).fetch_up_to(limit + 1).await?;
    let page = end(data, order, filter, request, &start, key)?;
    Ok(match request.count {
        Count::None => page,
        Count::Exact => page.counted(find().count(None).await?, false),
        Count::Capped => page.counted(find().count(Some(COUNT_CAP + 1)).await?, true),
    })
}

impl Order {
    fn apply<'s, E: CompanyOwned>(&self, rows: Find<'s, E>) -> Find<'s, E> {
        let direction = if self.descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
        rows.map(|select| select.order_by(self.key.clone(), direction.clone()).order_by(self.id.clone(), direction))
    }
}

/// The rows after a cursor, as one row value: an index walks straight to it. The bound on the key alone says the same
/// again, for SQLite, which uses no index for row values.
fn beyond(order: &Order, (key, id): (Key, Uuid)) -> Expr {
    let key: Expr = key.into();
    let row = Expr::tuple([order.key.clone(), order.id.clone()]);
    let bound = Expr::tuple([key.clone(), Expr::val(id)]);
    if order.descending {
        row.lt(bound).and(order.key.clone().lte(key))
    } else {
        row.gt(bound).and(order.key.clone().gte(key))
    }
}
