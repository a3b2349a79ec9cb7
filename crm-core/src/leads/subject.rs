//! A lead as a person, for what is erased and handed out.

use sea_orm::sea_query::Expr;
use uuid::Uuid;

use super::held::Held;
use super::model::Lead;
use super::repo::locked;
use super::row::{self, TABLE};
use crate::base::error::Result;
use crate::base::ids::LeadId;
use crate::customers::Customer;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::actor::Action;

/// Holds a lead, in the trash or not, if the actor may do this with it. Gives its row among the customers.
///
/// # Errors
/// Like those of a purge: a converted lead is the customer.
pub(crate) async fn held(tx: &CompanyTx<'_>, id: LeadId, action: Action) -> Result<Customer> {
    let lead = locked(tx, id, action).await?;
    tx.authorize_write(&lead, action, None)?;
    lead.ensure_unconverted()?;
    Ok(lead.customer)
}

/// The leads with these ids, also those that were converted.
pub(crate) async fn rows_of(tx: &CompanyTx<'_>, ids: &[Uuid]) -> Result<Vec<Lead>> {
    let theirs = any_of(Expr::col((TABLE, "id")), ids.to_vec(), tx.is_postgres());
    let rows = row::select(tx.find().filter(theirs), tx.actor(), tx.is_postgres());
    let leads: Vec<Held> = rows.fetch_up_to(ids.len() as u64).await?;
    Ok(leads.into_iter().map(Held::into_lead).collect())
}
