//! All links of a person, for what is handed out to them.

use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::model::CustomerLink;
use super::row::{self, COLUMNS, Stored, TABLE};
use crate::base::error::Result;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// More than a customer can have.
const MOST: u64 = 100_000;

/// The links of these customers, each as seen from one of them.
pub(crate) async fn links_of(tx: &CompanyTx<'_>, customers: &[Uuid]) -> Result<Vec<CustomerLink>> {
    let is_end = |end: &'static str| any_of(Expr::col((TABLE, end)), customers.to_vec(), tx.is_postgres());
    let rows = tx.find::<row::Entity>().select(&COLUMNS).filter(is_end("from_id").or(is_end("to_id")));
    let stored: Vec<Stored> = rows.fetch_up_to(MOST).await?;
    let seen = stored.into_iter().map(|stored| {
        let (from, to) = (stored.link.from_id, stored.link.to_id);
        stored.seen_from(if customers.contains(&from.0) { from } else { to })
    });
    Ok(seen.collect())
}
