//! The ids of a person: their own, and those that were merged into it.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use uuid::Uuid;

use super::model::CustomerMerge;
use super::redirects;
use super::repo::shown;
use super::row::{self, Model};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// The most merges of one person that are read.
const MOST: u64 = 100_000;

/// The ids that lead to a customer, in their order.
pub(in super::super) async fn merged_ids(tx: &CompanyTx<'_>, customer: CustomerId) -> Result<Vec<CustomerId>> {
    let mut ids: Vec<CustomerId> =
        redirects::to(tx, customer).await?.into_iter().map(|row| row.customer_id.into()).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// The merges into these customers, without the names of those who were merged.
pub(crate) async fn merges_of(tx: &CompanyTx<'_>, survivors: &[Uuid]) -> Result<Vec<CustomerMerge>> {
    let theirs = any_of(Expr::col((row::TABLE, "survivor_id")), survivors.to_vec(), tx.is_postgres());
    let merges: Vec<Model> = tx.find::<row::Entity>().filter(theirs).fetch_up_to(MOST).await?;
    merges.into_iter().map(|merge| shown(merge, &HashMap::new())).collect()
}
