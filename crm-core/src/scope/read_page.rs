//! Reading one page of a company's rows.

use sea_orm::QueryOrder;
use uuid::Uuid;

use super::{CompanyOwned, Find, FromRow, RowReader};
use crate::base::error::Result;
use crate::query::page::{COUNT_CAP, Count, Key, Order, Page, PageRequest, Start, end, start};

/// Reads one page: one statement, which counts as well where that is asked for. `find` gives the select, filtered and with all
/// its columns, as often as it is needed; `key` tells the sort key and id of a record.
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
        rows = rows.filter(order.beyond(after.clone()));
    }
    if start.offset > 0 || order.computed {
        // Only ids are sorted and skipped over: a database computes every column of the rows it then leaves out.
        let ids = order.apply(rows).ids(order.id.clone(), start.offset, limit + 1);
        rows = find().only(order.id.clone(), ids);
    }
    read_rows(find, order.apply(rows), (order, filter, &start), request, key).await
}

/// Reads the rows of one page, which `rows` selects in their order, and counts what `find` gives: one row of any table
/// for each record of the list.
pub(crate) async fn read_rows<'s, E, C, M>(
    find: impl Fn() -> Find<'s, C>,
    rows: Find<'s, E>,
    (order, filter, start): (&Order, &str, &Start),
    request: &PageRequest,
    key: impl Fn(&M) -> (Key, Uuid),
) -> Result<Page<M>>
where
    E: CompanyOwned,
    C: CompanyOwned,
    M: FromRow,
{
    let limit = request.limit;
    let (bound, capped) = match request.count {
        Count::None => {
            let data = rows.fetch_up_to(limit + 1).await?;
            return end(data, order, filter, request, start, key);
        }
        Count::Exact => (None, false),
        Count::Capped => (Some(COUNT_CAP + 1), true),
    };
    let counted: Vec<Counted<M>> = rows.with_total(find().total(bound)).fetch_up_to(limit + 1).await?;
    let total = match counted.first() {
        Some(first) => first.total,
        // A page beyond the last has no row to tell the number.
        None if start.offset > 0 || start.after.is_some() => find().count(bound).await?,
        None => 0,
    };
    let data = counted.into_iter().map(|counted| counted.record).collect();
    Ok(end(data, order, filter, request, start, key)?.counted(total, capped))
}

/// A record, with the number of all that are on the list.
struct Counted<M> {
    record: M,
    total: u64,
}

impl<M: FromRow> FromRow for Counted<M> {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let record = M::from_row(row)?;
        let total = u64::try_from(row.last::<i64>("total")?).unwrap_or_default();
        Ok(Self { record, total })
    }
}

impl Order {
    /// The rows in this order.
    pub(crate) fn apply<'s, E: CompanyOwned>(&self, rows: Find<'s, E>) -> Find<'s, E> {
        rows.map(|select| {
            select.order_by(self.key.clone(), self.direction()).order_by(self.id.clone(), self.direction())
        })
    }
}
