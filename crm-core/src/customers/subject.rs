//! A customer with those who were merged into it, for what is erased and handed out.

use sea_orm::sea_query::Expr;
use uuid::Uuid;

use super::model::Customer;
use super::repo::locked;
use super::{merge, row};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::actor::Action;

/// Holds a customer, in the trash or not, if the actor may do this with it.
///
/// # Errors
/// Like those of a purge.
pub(crate) async fn held(tx: &CompanyTx<'_>, id: CustomerId, action: Action) -> Result<Customer> {
    let customer = locked(tx, id, action).await?;
    tx.authorize_write(&customer, action, None)?;
    Ok(customer)
}

/// The ids of the customers that were merged into this one.
pub(crate) async fn merged_ids(tx: &CompanyTx<'_>, id: CustomerId) -> Result<Vec<CustomerId>> {
    merge::merged_ids(tx, id).await
}

/// The rows with these ids, whatever they are: customers, merged ones, leads.
pub(crate) async fn rows_of(tx: &CompanyTx<'_>, ids: &[Uuid]) -> Result<Vec<Customer>> {
    let theirs = any_of(Expr::col((row::TABLE, "id")), ids.to_vec(), tx.is_postgres());
    let rows = row::select(tx.find().filter(theirs), tx.actor(), tx.is_postgres());
    rows.fetch_up_to(ids.len() as u64).await
}
