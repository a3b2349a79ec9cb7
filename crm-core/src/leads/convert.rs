//! A lead becomes a customer: a new one under its id, or, by a merge, one who was there.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::deal::{self, below};
use super::held::Held;
use super::model::{Lead, LeadConversion};
use super::repo::{Leads, locked};
use crate::base::error::{Conflict, Error, Result, Violations};
use crate::base::ids::{CustomerId, CustomerMergeId, DealId, LeadId};
use crate::base::patch::Patch;
use crate::companies::DuplicatePolicy;
use crate::customers::{
    self, Customer, CustomerKind, CustomerLinkPatch, CustomerLinkQuery, DuplicateCandidates, LinkEnd,
    MERGE_UNDOABLE_FOR, NewCustomer, NewCustomerLink, of_lead,
};
use crate::deals::NewDeal;
use crate::lead_statuses::{self, LeadStatusRef, LeadStatusType};
use crate::query::page::{MAX_PAGE, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyTx};

/// The label of the link of a new customer to the organization that they work for.
const EMPLOYEE: &str = "employee";

/// How long a conversion can be taken back.
pub const REVERTIBLE_FOR: TimeDelta = MERGE_UNDOABLE_FOR;

/// What a lead becomes. Without anything it is a new customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConvertLead {
    /// The customer that the lead is, and is merged into: what the customer lacks comes from the lead. If absent, the lead
    /// becomes a new customer.
    pub customer_id: Option<CustomerId>,
    /// The organization that a new customer works for: they are linked as `employee`, and it is their primary one.
    pub organization_id: Option<CustomerId>,
    /// Whether an organization with the name in `organizationName` is added, and linked in the same way; false if absent.
    pub add_organization: Option<bool>,
    /// A deal to add. Without an `ownerId` it has the owner of the lead.
    pub deal: Option<NewDeal>,
    /// A deal that is there already, instead: the customer becomes one of its contacts, unless the deal is theirs.
    pub deal_id: Option<DealId>,
    /// The status that the lead gets, of the type `won`. If absent, it keeps one of this type, or gets the first that there
    /// is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "qualified"))]
    pub status: Option<LeadStatusRef>,
    /// What to do if a new customer may be there already, instead of what the company's settings say.
    pub duplicates: Option<DuplicatePolicy>,
    /// Only tell what would come of it, and change nothing; false if absent.
    pub dry_run: Option<bool>,
}

/// What became of a lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConvertedLead {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The lead, with the ids of what it became in `conversion`.
    pub lead: Lead,
    /// The customer.
    pub customer: Customer,
    /// The customers that a new one may be the same as. Absent unless the policy is `warn`, and there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_duplicates: Option<DuplicateCandidates>,
    /// The organizations that `organizationName` may mean, to be named by `organizationId`. Only in a dry run for a person who
    /// is not linked with one that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_organizations: Option<DuplicateCandidates>,
}

impl Leads<'_, '_> {
    /// Makes a lead a customer, with all that belongs to it. A dry run does the same and takes it back. Of a lead that was
    /// converted before it tells what it became, whatever is asked and whatever version is expected.
    ///
    /// Needs the right to change the lead, and to add customers or to change the one who is there; and those to add an
    /// organization and a deal, if they are asked for.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] with all faults, also for required
    /// custom fields of customers without a value; [`Error::PossibleDuplicate`]; [`Conflict::CustomerEmailTaken`],
    /// [`Conflict::ExternalRefTaken`] and [`Conflict::CustomFieldValueTaken`] if another customer has what is unique.
    #[tracing::instrument(name = "leads.convert", skip_all, fields(company.id = %self.0.company_id(), lead.id = %id))]
    pub async fn convert(&mut self, id: LeadId, how: ConvertLead, expected: Option<i64>) -> Result<ConvertedLead> {
        match how.dry_run {
            Some(true) => self.0.rehearse(async |tx| convert(tx, id, how, expected).await).await,
            _ => self.0.write(async |tx| convert(tx, id, how, expected).await).await,
        }
    }
}

/// What a lead became, before what else is asked for was added.
struct Become {
    customer: CustomerId,
    merge: Option<CustomerMergeId>,
    possible_duplicates: Option<DuplicateCandidates>,
}

pub(super) async fn convert(
    tx: &mut CompanyTx<'_>,
    id: LeadId,
    how: ConvertLead,
    expected: Option<i64>,
) -> Result<ConvertedLead> {
    tx.authorize_any(Resource::Leads, Action::Update, id.0)?;
    if let Some(into) = how.customer_id {
        customers::hold_for_merge(tx, id, into).await?;
    }
    let before = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, None)?;
    if before.own.conversion.is_some() {
        return repeated(tx, before).await;
    }
    CompanyTx::expect_version(&before, expected)?;
    how.check(&before)?;
    let mut after = before.clone();
    settle_status(tx, how.status.as_ref(), &mut after).await?;
    let possible_organizations = possible_organizations(tx, &how, &before).await?;
    let became = match how.customer_id {
        Some(into) => merged(tx, id, into).await?,
        None => added(tx, &before, &mut after, how.duplicates).await?,
    };
    let organization_id = add_organization(tx, &how, &before, became.customer).await?;
    let dry_run = how.dry_run == Some(true);
    let deal = deal::settle(tx, (how.deal, how.deal_id), &before, became.customer).await?;
    after.own.merge_id = became.merge;
    after.own.conversion = Some(LeadConversion {
        at: tx.now(),
        by: ActorRef::from(tx.actor()),
        customer_id: became.customer,
        is_merged: became.merge.is_some(),
        organization_id,
        deal_id: deal.map(|(id, _)| id),
        deal_link: deal.map(|(_, link)| link),
        revertible_until: tx.now() + REVERTIBLE_FOR,
    });
    tx.update(&before, &mut after, Change::Converted).await?;
    let customer = tx.scope().customers().get(became.customer).await?;
    Ok(ConvertedLead {
        dry_run,
        lead: after.into_lead(),
        customer,
        possible_duplicates: became.possible_duplicates,
        possible_organizations,
    })
}

/// What a conversion has done before. The customer may have been merged since.
async fn repeated(tx: &mut CompanyTx<'_>, lead: Held) -> Result<ConvertedLead> {
    let conversion = lead.own.conversion.as_ref().ok_or(Conflict::LeadNotConverted)?;
    let customer = match tx.scope().customers().get(conversion.customer_id).await {
        Err(Error::CustomerMerged { survivor_id, .. }) => tx.scope().customers().get(survivor_id).await,
        found => found,
    };
    let customer = customer.map_err(|error| match error {
        Error::NotFound { .. } => Conflict::LeadConverted.into(),
        error => error,
    })?;
    let (possible_duplicates, possible_organizations) = (None, None);
    Ok(ConvertedLead { dry_run: false, lead: lead.into_lead(), customer, possible_duplicates, possible_organizations })
}

impl ConvertLead {
    /// Refuses what does not go together.
    fn check(&self, lead: &Held) -> Result<(), Violations> {
        let mut violations = Violations::default();
        if self.customer_id == Some(lead.customer.id) {
            violations.add("/customerId", "customer_unknown", "the company has no such customer");
        }
        let adds = self.add_organization == Some(true);
        let pointer = if adds { "/addOrganization" } else { "/organizationId" };
        if self.deal.is_some() && self.deal_id.is_some() {
            violations.add("/dealId", "unexpected", "the deal is there, or is added");
        }
        if self.organization_id.is_some() && adds {
            violations.add(pointer, "unexpected", "the organization is there, or is added");
        }
        if !adds && self.organization_id.is_none() {
            return violations.into_result();
        }
        if self.customer_id.is_some() {
            violations.add(pointer, "unexpected", "a customer who is there keeps their organization");
        }
        if lead.customer.kind == CustomerKind::Organization {
            violations.add(pointer, "unexpected", "only a person works for an organization");
        }
        if adds && lead.customer.organization_name.is_none() {
            violations.add(pointer, "required", "the lead has no organizationName");
        }
        violations.into_result()
    }
}

/// The lead gets a status that says it was won, from whatever status it had.
async fn settle_status(tx: &CompanyTx<'_>, named: Option<&LeadStatusRef>, after: &mut Held) -> Result<()> {
    let is_won = |status_type: LeadStatusType| status_type == LeadStatusType::Won;
    let status = match named {
        Some(_) => match lead_statuses::held(tx, named).await? {
            Some(status) if is_won(status.status_type) => Some(status),
            Some(_) => {
                return Err(
                    Violations::one("/status", "unexpected", "a converted lead has a status of the type won").into()
                );
            }
            None => return Err(Violations::one("/status", "status_unknown", "the company has no such status").into()),
        },
        None if is_won(after.own.status_type) => None,
        None => lead_statuses::first_won(tx).await?,
    };
    if let Some(status) = status {
        after.own.enter(tx, status);
        (after.own.lost_reason, after.own.lost_notes) = (None, None);
    }
    Ok(())
}

async fn merged(tx: &mut CompanyTx<'_>, id: LeadId, into: CustomerId) -> Result<Become> {
    let outcome = customers::merge_lead(tx, id, into).await.map_err(|error| match error {
        Error::Invalid(violations) => at_customer(violations).into(),
        error => error,
    })?;
    Ok(Become { customer: into, merge: outcome.id, possible_duplicates: None })
}

/// For a merge the customer is the survivor.
fn at_customer(mut violations: Violations) -> Violations {
    for violation in violations.0.iter_mut().filter(|violation| violation.pointer == "/survivorId") {
        violation.pointer = "/customerId".to_owned();
    }
    violations
}

async fn added(
    tx: &mut CompanyTx<'_>,
    before: &Held,
    after: &mut Held,
    policy: Option<DuplicatePolicy>,
) -> Result<Become> {
    tx.authorize(Resource::Customers, Action::Create, before.customer.owner_id, None)?;
    of_lead::checked_as_customer(tx, &before.customer)?;
    let possible_duplicates = of_lead::possible_duplicates(tx, &before.customer, policy).await?;
    of_lead::become_customer(tx, &before.customer, &mut after.customer).await?;
    Ok(Become { customer: after.customer.id, merge: None, possible_duplicates })
}

/// Proposes the organizations that a person's may be.
async fn possible_organizations(
    tx: &mut CompanyTx<'_>,
    how: &ConvertLead,
    lead: &Held,
) -> Result<Option<DuplicateCandidates>> {
    let is_asked = how.dry_run == Some(true) && how.organization_id.is_none() && how.customer_id.is_none();
    match &lead.customer.organization_name {
        Some(name) if is_asked && lead.customer.kind == CustomerKind::Person => {
            of_lead::possible_organizations(tx, name).await
        }
        _ => Ok(None),
    }
}

/// The organization that is asked for, to which the new customer is linked.
async fn add_organization(
    tx: &mut CompanyTx<'_>,
    how: &ConvertLead,
    lead: &Held,
    customer: CustomerId,
) -> Result<Option<CustomerId>> {
    let organization = match (how.organization_id, how.add_organization) {
        (Some(id), _) => id,
        (None, Some(true)) => {
            let name = lead.customer.organization_name.clone().unwrap_or_default();
            let owner_id = lead.customer.owner_id;
            let new = NewCustomer { owner_id, ..NewCustomer::organization(name) };
            tx.scope().customers().create(new).await.map_err(|error| below("/addOrganization", error))?.id
        }
        (None, _) => return Ok(None),
    };
    let link = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(organization, EMPLOYEE) };
    match tx.scope().links(customer).create(link).await {
        Ok(_) => Ok(Some(organization)),
        Err(Error::Conflict(Conflict::LinkExists)) => {
            relink(tx, customer, organization).await?;
            Ok(Some(organization))
        }
        Err(Error::Invalid(_)) if how.organization_id.is_some() => {
            let detail = "the company has no such organization";
            Err(Violations::one("/organizationId", "organization_unknown", detail).into())
        }
        Err(error) => Err(error),
    }
}

/// Makes the link primary that a lead has from when it was a customer before.
async fn relink(tx: &mut CompanyTx<'_>, customer: CustomerId, organization: CustomerId) -> Result<()> {
    let query = CustomerLinkQuery {
        label: vec![EMPLOYEE.to_owned()],
        end: Some(LinkEnd::From),
        is_inactive: Some(false),
        ..CustomerLinkQuery::default()
    };
    let links = tx.scope().links(customer).list(&query, &PageRequest::default().limit(MAX_PAGE)).await?.data;
    let Some(link) = links.into_iter().find(|link| link.customer.id == organization) else {
        return Err(Conflict::LinkExists.into());
    };
    let patch = CustomerLinkPatch { is_primary: Patch::Set(true), ..CustomerLinkPatch::default() };
    tx.scope().links(customer).update(link.id, patch, None).await.map(drop)
}
