//! The deal of a conversion: one that is added, or one that is there and gets the customer as a contact.

use super::held::Held;
use super::model::{LeadConversion, LeadDealLink};
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{CustomerId, DealId};
use crate::base::patch::Patch;
use crate::deals::{DealContact, DealPatch, NewDeal};
use crate::scope::CompanyTx;

/// The role of a customer who becomes a contact by a conversion.
const ROLE: &str = "other";

/// Adds the deal that is asked for, or makes the customer a contact of the one that is there.
pub(super) async fn settle(
    tx: &mut CompanyTx<'_>,
    (new, there): (Option<NewDeal>, Option<DealId>),
    lead: &Held,
    customer: CustomerId,
) -> Result<Option<(DealId, LeadDealLink)>> {
    if let Some(new) = new {
        return add(tx, new, lead, customer).await.map(|id| Some((id, LeadDealLink::Added)));
    }
    match there {
        Some(id) => join(tx, id, customer).await.map(|link| Some((id, link))),
        None => Ok(None),
    }
}

async fn add(tx: &mut CompanyTx<'_>, mut new: NewDeal, lead: &Held, customer: CustomerId) -> Result<DealId> {
    if let (true, Some(owner)) = (new.owner_id.is_absent(), lead.customer.owner_id) {
        new.owner_id = Patch::Set(owner);
    }
    let deal = tx.scope().deals().create(customer, new).await.map_err(|error| below("/deal", error))?;
    Ok(deal.id)
}

async fn join(tx: &mut CompanyTx<'_>, id: DealId, customer: CustomerId) -> Result<LeadDealLink> {
    let deal = tx.scope().deals().get(id).await.map_err(|error| match error {
        Error::NotFound { .. } => Violations::one("/dealId", "deal_unknown", "the company has no such deal").into(),
        error => error,
    })?;
    if deal.customer_id == customer || deal.contacts.iter().any(|contact| contact.customer_id == customer) {
        return Ok(LeadDealLink::Named);
    }
    let mut contacts = deal.contacts;
    contacts.push(DealContact::of(customer, ROLE));
    write(tx, id, contacts).await.map_err(|error| below("/dealId", error))?;
    Ok(LeadDealLink::Joined)
}

/// Takes back what a conversion has done: a deal that it has added goes to the trash, if it is not there.
pub(super) async fn take_back(tx: &mut CompanyTx<'_>, conversion: &LeadConversion) -> Result<()> {
    let done = match (conversion.deal_id, conversion.deal_link) {
        (Some(id), Some(LeadDealLink::Added)) => tx.scope().deals().delete(id, None).await,
        (Some(id), Some(LeadDealLink::Joined)) => leave(tx, id, conversion.customer_id).await,
        _ => Ok(()),
    };
    match done {
        Err(Error::NotFound { .. }) => Ok(()),
        done => done,
    }
}

async fn leave(tx: &mut CompanyTx<'_>, id: DealId, customer: CustomerId) -> Result<()> {
    let mut contacts = tx.scope().deals().get(id).await?.contacts;
    contacts.retain(|contact| contact.customer_id != customer);
    write(tx, id, contacts).await
}

async fn write(tx: &mut CompanyTx<'_>, id: DealId, contacts: Vec<DealContact>) -> Result<()> {
    let patch = DealPatch { contacts: Patch::Set(contacts), ..DealPatch::default() };
    tx.scope().deals().update(id, patch, None).await.map(drop)
}

/// Faults in a part of the request.
pub(super) fn below(at: &str, error: Error) -> Error {
    match error {
        Error::Invalid(mut violations) => {
            for violation in &mut violations.0 {
                violation.pointer = format!("{at}{}", violation.pointer);
            }
            violations.into()
        }
        error => error,
    }
}
