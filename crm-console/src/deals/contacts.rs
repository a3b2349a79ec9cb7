//! The contacts of a deal: the customers who have a say in it, each in a role.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{CONTACT_ROLES, Deal, DealContact, DealPatch};
use crm_core::ids::{CustomerId, DealId};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Error};
use crm_web::problem::{ApiError, Code};

use super::card;
use super::part::{self, PartPage, Spec};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, customer_path, parsed};
use crate::interactions::{customer_names, pick_customer_of};
use crate::web::{Form, Frame, PageResult, Visit, html};

const SPECS: &[Spec] =
    &[Spec("role", "contact-role", "choice", 0), Spec("isPrimary", "deal-contact-primary", "choice", 0)];

/// The contacts as the page of the deal shows them.
pub(super) struct Contacts {
    pub rows: Vec<Row>,
    /// Where one is added; for those who may.
    pub add: Option<String>,
}

/// A contact.
pub(super) struct Row {
    pub name: String,
    pub url: String,
    pub role: String,
    pub is_primary: bool,
    /// Where the role is changed, and where the contact is removed.
    pub edit: String,
    pub remove: String,
}

impl Contacts {
    pub(super) fn of(frame: &Frame, deal: &Deal, may_update: bool) -> Self {
        let url = format!("{}/contacts", card::url(frame, deal.id));
        let back = card::back(&card::url(frame, deal.id));
        let row = |contact: &DealContact| Row {
            name: contact.customer_name.clone().unwrap_or_else(|| contact.customer_id.to_string()),
            url: frame.url(&customer_path(contact.customer_id)),
            role: frame.named("contact-role", &contact.role),
            is_primary: contact.is_primary,
            edit: format!("{url}/{}{back}", contact.customer_id),
            remove: format!("{url}/{}/remove", contact.customer_id),
        };
        Self { rows: deal.contacts.iter().map(row).collect(), add: may_update.then(|| format!("{url}/new{back}")) }
    }
}

/// A customer is looked for first.
pub(super) async fn add(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: DealId = parsed(&id)?;
    let deal = visit.scope().deals().get(id).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    let Some(customer) = visit.query.get("customer") else {
        let (here, back) = (format!("deals/{id}/contacts/new"), visit.back(&visit.query, &format!("deals/{id}")));
        let kept = Fields::default().with("back", &back);
        return pick_customer_of(visit, ("deals", &here), &here, &kept, back, true).await;
    };
    let customer: CustomerId = parsed(customer)?;
    render(&visit, &deal, customer, (StatusCode::OK, visit.query.clone(), Faults::default())).await
}

pub(super) async fn edit(visit: Visit, path: web::Path<(String, String)>) -> PageResult {
    let (id, customer): (DealId, CustomerId) = (parsed(&path.0)?, parsed(&path.1)?);
    let deal = visit.scope().deals().get(id).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    render(&visit, &deal, customer, (StatusCode::OK, visit.query.clone(), Faults::default())).await
}

async fn render(
    visit: &Visit,
    deal: &Deal,
    customer: CustomerId,
    (status, values, faults): (StatusCode, Fields, Faults),
) -> PageResult {
    let name = customer_names(&mut visit.scope(), std::iter::once(customer)).await?.into_values().next();
    let name = name.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such customer"))?;
    let frame = visit.frame.clone().within("deals");
    let held = deal.contacts.iter().find(|contact| contact.customer_id == customer);
    let role = values.get("role").or(held.map(|contact| contact.role.as_str())).unwrap_or_default().to_owned();
    let is_primary = match values.get("isPrimary") {
        Some(text) => text == "true",
        None => held.is_some_and(|contact| contact.is_primary),
    };
    let page = PartPage {
        title: name,
        about: deal.name.clone(),
        action: format!("{}/contacts/{customer}", card::url(&frame, deal.id)),
        back: visit.back(&values, &format!("deals/{}", deal.id)),
        version: deal.version,
        was: String::new(),
        lines: part::lines(visit, SPECS, (&values, &faults), |field| match field {
            "role" => roles(&frame, &role),
            _ => answers(&frame, is_primary),
        }),
        others: part::others(SPECS, &faults),
        is_stale: false,
        may_save: true,
        frame: frame.clone(),
    };
    html(status, &page)
}

/// The usual roles, and the one of the contact if it is a word of the company.
fn roles(frame: &Frame, chosen: &str) -> Vec<Choice> {
    let own = (!chosen.is_empty() && !CONTACT_ROLES.contains(&chosen)).then_some(chosen);
    let choice = |role: &str| Choice {
        value: role.to_owned(),
        label: frame.named("contact-role", role),
        is_chosen: role == chosen,
    };
    CONTACT_ROLES.iter().copied().chain(own).map(choice).collect()
}

fn answers(frame: &Frame, is_yes: bool) -> Vec<Choice> {
    let choice = |(value, label, is_chosen): (&str, &str, bool)| Choice {
        value: value.to_owned(),
        label: frame.t(label),
        is_chosen,
    };
    [("false", "no", !is_yes), ("true", "yes", is_yes)].map(choice).into()
}

/// Another one is no longer the primary one.
pub(super) async fn save(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, customer): (DealId, CustomerId) = (parsed(&path.0)?, parsed(&path.1)?);
    let is_primary = form.0.text("isPrimary") == "true";
    let contact = DealContact { is_primary, ..DealContact::of(customer, form.0.text("role")) };
    let mut scope = visit.scope();
    let outcome = change(&mut scope, id, |contacts| {
        for other in contacts.iter_mut().filter(|_| is_primary) {
            other.is_primary = false;
        }
        match contacts.iter_mut().find(|held| held.customer_id == customer) {
            Some(held) => *held = contact,
            None => contacts.push(contact),
        }
    });
    match outcome.await {
        Ok(_) => Ok(visit.done(&visit.back(&form.0, &format!("deals/{id}")), "deal-contacts-saved", None)),
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            let deal = scope.deals().get(id).await?;
            render(&visit, &deal, customer, (StatusCode::UNPROCESSABLE_ENTITY, form.0, faults)).await
        }
    }
}

pub(super) async fn remove(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, customer): (DealId, CustomerId) = (parsed(&path.0)?, parsed(&path.1)?);
    change(&mut visit.scope(), id, |contacts| contacts.retain(|held| held.customer_id != customer)).await?;
    Ok(visit.done(&visit.back(&form.0, &format!("deals/{id}")), "deal-contacts-saved", None))
}

/// Changes the contacts as they are now.
async fn change(
    scope: &mut CompanyScope<'_>,
    id: DealId,
    edit: impl FnOnce(&mut Vec<DealContact>),
) -> Result<Deal, Error> {
    let Deal { mut contacts, version, .. } = scope.deals().get(id).await?;
    edit(&mut contacts);
    let patch = DealPatch { contacts: Patch::Set(contacts), ..DealPatch::default() };
    scope.deals().update(id, patch, Some(version)).await
}
