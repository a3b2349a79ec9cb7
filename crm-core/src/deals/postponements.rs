//! How the expected days of deals are moved back, as data: for statistics of slippage.

use sea_orm::sea_query::{Expr, Query};
use uuid::Uuid;

use super::model::Deal;
use crate::base::error::{Error, Result};
use crate::journal::Deferred;
use crate::scope::CompanyTx;
use crate::scope::actor::ActorRef;

const TABLE: &str = "crm_deal_postponements";

const COLUMNS: [&str; 9] = [
    "company_id",
    "id",
    "deal_id",
    "postponed_at",
    "from_day",
    "to_day",
    "days",
    "postponed_by_kind",
    "postponed_by_id",
];

/// Writes, with the deal, that it is expected to be closed later than before. A day that is set for the first time, or taken
/// away, moves nothing back.
pub(super) fn record(tx: &mut CompanyTx<'_>, before: &Deal, after: &Deal) -> Result<()> {
    let days = before.expected_close_date.zip(after.expected_close_date);
    let Some((from, to)) = days.filter(|(from, to)| to > from) else { return Ok(()) };
    let by = ActorRef::from(tx.actor());
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(COLUMNS)
        .values([
            Expr::val(tx.company.id.0),
            Expr::val(tx.id()),
            Expr::val(after.id.0),
            Expr::val(tx.now()),
            Expr::val(from),
            Expr::val(to),
            Expr::val((to - from).num_days()),
            Expr::val(by.kind.to_string()),
            Expr::val(by.id.map(Uuid::from)),
        ])
        .map_err(Error::internal)?;
    tx.defer([Deferred::Insert(insert)]);
    Ok(())
}
