//! What is written with a customer in other tables, and derived from it.

use sea_orm::sea_query::{Expr, UpdateStatement};

use super::model::Customer;
use super::{contact_points, duplicates, field_values};
use crate::base::error::Result;
use crate::companies::DuplicatePolicy;
use crate::scope::CompanyTx;

/// Adds the rows of a new customer with its change record.
pub(super) fn insert_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    contact_points::insert_at_end(tx, customer);
    duplicates::insert_at_end(tx, customer);
    field_values::insert_at_end(tx, customer);
}

/// Adds the rows of new customers.
pub(super) async fn insert(tx: &mut CompanyTx<'_>, customers: &[Customer]) -> Result<()> {
    contact_points::insert(tx, customers).await?;
    duplicates::insert(tx, customers).await?;
    field_values::insert(tx, customers).await
}

/// Writes what differs with the change record, where a transaction writes one customer.
pub(super) async fn update_at_end(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    contact_points::update_at_end(tx, before, after).await?;
    duplicates::update_at_end(tx, before, after);
    field_values::update_at_end(tx, before, after);
    Ok(())
}

/// Writes what differs immediately.
pub(super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    contact_points::update(tx, before, after).await?;
    duplicates::update(tx, before, after).await?;
    field_values::update(tx, before, after).await
}

/// Makes the unique values of a customer who goes to the trash available to others, or unique again.
pub(super) fn key_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    contact_points::key_at_end(tx, customer);
    field_values::key_at_end(tx, customer);
}

/// The same for the customers that meet a condition.
pub(super) fn keyed(tx: &CompanyTx<'_>, of: Expr, is_live: bool) -> impl Iterator<Item = UpdateStatement> {
    let has_unique_emails = is_live && tx.company.settings.duplicate_policy == DuplicatePolicy::Reject;
    let emails = contact_points::keyed(tx.company.id.0, of.clone(), has_unique_emails);
    [emails].into_iter().chain(field_values::keyed(tx, of, is_live))
}
