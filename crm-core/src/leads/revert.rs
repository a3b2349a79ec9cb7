//! Taking back a conversion.

use super::convert::REVERTIBLE_FOR;
use super::deal;
use super::held::Held;
use super::model::{Lead, LeadConversion};
use super::repo::{Leads, locked};
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::{CustomerMergeId, LeadId};
use crate::customers::{self, of_lead};
use crate::deals;
use crate::lead_scoring;
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyTx, Trashable};

impl Leads<'_, '_> {
    /// Takes a conversion back, within [`REVERTIBLE_FOR`]: the customer is a lead again, or the customer who was there and the
    /// lead are two again. What was changed since stays as it is, and so does an organization that was added; a deal that was
    /// added goes to the trash, and the customer is no longer a contact of one that was there. The lead keeps its status.
    ///
    /// Needs the right to restore leads, and to delete the customer or to change the one who was there; and to delete the deal.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; [`Conflict::LeadNotConverted`];
    /// [`Conflict::LeadConversionExpired`]; [`Conflict::LeadConversionContinued`] if the customer has other deals by now, is in
    /// the trash, was merged, or had others merged into it.
    #[tracing::instrument(name = "leads.revert", skip_all, fields(company.id = %self.0.company_id(), lead.id = %id))]
    pub async fn revert(&mut self, id: LeadId, expected: Option<i64>) -> Result<Lead> {
        self.0.write(async |tx| revert(tx, id, expected).await).await
    }
}

async fn revert(tx: &mut CompanyTx<'_>, id: LeadId, expected: Option<i64>) -> Result<Lead> {
    tx.authorize_any(Resource::Leads, Action::Restore, id.0)?;
    customers::hold_merges(tx).await?;
    let before = locked(tx, id, Action::Restore).await?;
    if before.is_trashed() {
        return Err(Error::not_found(Kind::Lead, id));
    }
    tx.authorize(Resource::Leads, Action::Restore, before.owner_id(), Some(id.0))?;
    CompanyTx::expect_version(&before, expected)?;
    let conversion = before.own.conversion.clone().ok_or(Conflict::LeadNotConverted)?;
    if conversion.at + REVERTIBLE_FOR <= tx.now() {
        return Err(Conflict::LeadConversionExpired.into());
    }
    deal::take_back(tx, &conversion).await?;
    let mut after = before.clone();
    match before.own.merge_id {
        Some(merge) => separate(tx, merge).await?,
        None => become_lead(tx, &before, &mut after, &conversion).await?,
    }
    (after.own.conversion, after.own.merge_id) = (None, None);
    // A customer may have been written more often since than the lead before.
    let version = before.own.version.max(before.customer.version) + 1;
    let (at, by) = (tx.after(&before), ActorRef::from(tx.actor()));
    after.copy_for_lists();
    after.own.stamp(version, at, by);
    tx.put(&before, &after, Change::Unconverted).await?;
    after.own.score = lead_scoring::score_written(tx, id, after.own.score).await?;
    Ok(after.into_lead())
}

/// Undoes the merge into a customer who was there.
async fn separate(tx: &mut CompanyTx<'_>, merge: CustomerMergeId) -> Result<()> {
    let undone = customers::undo_merge_of_lead(tx, merge).await;
    undone.map(drop).map_err(|error| match error {
        Error::Conflict(Conflict::CustomerMergeExpired) => Conflict::LeadConversionExpired.into(),
        Error::Conflict(Conflict::CustomerMergeContinued) | Error::NotFound { .. } => {
            Conflict::LeadConversionContinued.into()
        }
        error => error,
    })
}

async fn become_lead(
    tx: &mut CompanyTx<'_>,
    before: &Held,
    after: &mut Held,
    conversion: &LeadConversion,
) -> Result<()> {
    let customer = &before.customer;
    // A customer who was merged since is in the trash as well.
    if customer.is_trashed()
        || deals::has_others(tx, customer.id, conversion.deal_id).await?
        || customers::has_merged(tx, customer.id).await?
    {
        return Err(Conflict::LeadConversionContinued.into());
    }
    tx.authorize(Resource::Customers, Action::Delete, customer.owner_id, Some(customer.id.0))?;
    after.customer.created_at = before.own.created_at;
    after.customer.created_by = before.own.created_by.clone();
    of_lead::become_lead(tx, customer, &mut after.customer).await
}
