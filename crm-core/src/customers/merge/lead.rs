//! A lead who turns out to be a customer: its conversion is a merge, after which its row is that of a lead still.

use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};

use super::super::links;
use super::super::row::TABLE as CUSTOMERS;
use super::input::{MergeCustomers, OnMergeConflict, UnmergeCustomers};
use super::model::{MergeOutcome, UnmergeOutcome};
use super::repo::{self, Losers};
use super::{redirects, undo};
use crate::base::error::Result;
use crate::base::ids::{CustomerId, CustomerMergeId, LeadId};
use crate::scope::CompanyTx;

fn request(lead: LeadId, into: CustomerId) -> MergeCustomers {
    MergeCustomers::new(into, [CustomerId(lead.0)])
}

/// Holds what merges hold before customers, so that all writes wait in the same order. To be called before the lead is
/// held.
pub(crate) async fn hold_for_merge(tx: &mut CompanyTx<'_>, lead: LeadId, into: CustomerId) -> Result<()> {
    links::lock_merges(tx).await?;
    repo::hold_tags(tx, &request(lead, into)).await
}

/// The same before a merge is undone.
pub(crate) async fn hold_merges(tx: &mut CompanyTx<'_>) -> Result<()> {
    links::lock_merges(tx).await
}

/// Whether others were merged into a customer, whose ids lead to it.
pub(crate) async fn has_merged(tx: &CompanyTx<'_>, customer: CustomerId) -> Result<bool> {
    redirects::has_merged(tx, customer).await
}

/// Merges a lead that the caller holds, and may convert, into a customer. Needs the right to change the customer.
///
/// # Errors
/// Those of [`Customers::merge`](super::super::Customers::merge), which has the customer at `/survivorId`.
pub(crate) async fn merge_lead(tx: &mut CompanyTx<'_>, lead: LeadId, into: CustomerId) -> Result<MergeOutcome> {
    // For the merge it is a customer like the others.
    let unmarked =
        row_of(tx, lead).values([("is_lead", Expr::val(false)), ("deleted_at", Expr::cust("NULL"))]).to_owned();
    tx.execute(&unmarked).await?;
    let outcome = repo::merge(tx, &request(lead, into), Losers::Lead).await?;
    let marked = row_of(tx, lead).value("is_lead", true).to_owned();
    tx.execute(&marked).await?;
    Ok(outcome)
}

/// Undoes the merge of a lead that the caller holds, and keeps what was changed since.
///
/// # Errors
/// Those of [`Customers::undo_merge`](super::super::Customers::undo_merge).
pub(crate) async fn undo_merge_of_lead(tx: &mut CompanyTx<'_>, merge: CustomerMergeId) -> Result<UnmergeOutcome> {
    undo::undo(tx, merge, UnmergeCustomers { on_conflict: OnMergeConflict::Keep }, Losers::Lead).await
}

fn row_of(tx: &CompanyTx<'_>, lead: LeadId) -> UpdateStatement {
    Query::update()
        .table(CUSTOMERS)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(lead.0))
        .to_owned()
}
