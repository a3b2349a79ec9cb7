//! A lead becomes a customer: a dialogue in which one sees what would come of it, before it is done; and its undoing.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{CustomerKind, NewCustomer};
use crm_core::deals::NewDeal;
use crm_core::ids::{CustomerId, LeadId};
use crm_core::leads::{ConvertLead, ConvertedLead, Lead};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Conflict, Error};
use crm_web::problem::ApiError;

use super::{SECTION, path};
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::customers::{Brief, Faults, customer_path, field_label, parsed, similar};
use crate::deals::{CURRENCIES, amount, last_currency};
use crate::interactions::customer_names;
use crate::web::{CONVERTED, Form, Frame, PageResult, Visit, html};

/// How many customers a search offers.
const FOUND: u64 = 6;

/// What the choices of a customer and of an organization call those who are none that is there.
const NEW: &str = "new";
const NONE: &str = "none";

#[derive(Template)]
#[template(path = "leads/convert.html")]
struct ConvertPage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    name: String,
    /// What the lead can become: a new customer, or one who is there.
    customers: Vec<Offer>,
    find: String,
    /// What a new customer can work for; nothing for an organization.
    organizations: Vec<Offer>,
    find_organization: String,
    has_deal: bool,
    /// Whether the person may add deals.
    may_sell: bool,
    deal: String,
    amount: String,
    currency: String,
    currencies: &'static [&'static str],
    /// What would come of it, after a preview.
    preview: Option<Vec<String>>,
    faults: Vec<String>,
    /// True if the lead has changed since the form was made.
    is_stale: bool,
}

/// A choice: its value, its words, and what else tells it from others.
struct Offer {
    value: String,
    label: String,
    details: String,
    is_chosen: bool,
}

/// What a form has left open.
#[derive(Default)]
struct Open {
    status: StatusCode,
    preview: Option<Vec<String>>,
    faults: Vec<String>,
    is_stale: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let mut scope = visit.scope();
    let lead = scope.leads().get(parsed(&id)?).await?;
    visit.authorize(Resource::Leads, Action::Update, lead.owner_id)?;
    let typed = visit.query.with("deal", &lead.name);
    let typed = match lead.estimated_value {
        Some(value) => {
            let amount = amounts::typed(visit.frame.language(), value);
            typed.with("amount", &amount).with("currency", &value.currency.to_string())
        }
        None => typed.with("currency", &last_currency(&mut scope).await?),
    };
    render(&visit, &mut scope, &lead, &typed, Open::default()).await
}

async fn render(visit: &Visit, scope: &mut CompanyScope<'_>, lead: &Lead, typed: &Fields, open: Open) -> PageResult {
    let frame = visit.frame.clone().within(SECTION);
    let Open { status, preview, faults, is_stale } = open;
    let find_organization = typed.get("findOrganization").or(lead.organization_name.as_deref()).unwrap_or_default();
    let page = ConvertPage {
        action: frame.url(&format!("{}/convert", path(lead.id))),
        back: visit.back(typed, &path(lead.id)),
        version: lead.version,
        name: lead.name.clone(),
        customers: customers(scope, &frame, lead, typed).await?,
        find: typed.text("find").to_owned(),
        organizations: organizations(scope, &frame, lead, typed, find_organization).await?,
        find_organization: find_organization.to_owned(),
        has_deal: typed.get("withDeal").is_some(),
        may_sell: visit.actor().reach(Resource::Deals, Action::Create).is_some(),
        deal: typed.text("deal").to_owned(),
        amount: typed.text("amount").to_owned(),
        currency: typed.text("currency").to_owned(),
        currencies: &CURRENCIES,
        preview,
        faults,
        is_stale,
        frame,
    };
    html(status, &page)
}

/// A new customer; those who may be the same, those who were searched for, and the one who is chosen.
async fn customers(
    scope: &mut CompanyScope<'_>,
    frame: &Frame,
    lead: &Lead,
    typed: &Fields,
) -> Result<Vec<Offer>, ApiError> {
    let chosen = typed.get("customer").unwrap_or(NEW);
    let mut offers = vec![offer(NEW, frame.t("leads-convert-new"), String::new(), chosen)];
    let alike = similar::to(scope, as_typed(lead)).await?.customers;
    for customer in alike.into_iter().map(|customer| Brief::of(frame, customer)) {
        let details = joined([frame.t("leads-convert-alike"), customer.details]);
        offers.push(offer(&customer.id, customer.name, details, chosen));
    }
    if let Some(text) = typed.get("find") {
        offer_found(scope, frame, text, chosen, &mut offers).await?;
    }
    offer_chosen(scope, chosen, &mut offers).await?;
    Ok(offers)
}

/// What a person can work for: nobody, the organization that the lead names, and those that are there.
async fn organizations(
    scope: &mut CompanyScope<'_>,
    frame: &Frame,
    lead: &Lead,
    typed: &Fields,
    text: &str,
) -> Result<Vec<Offer>, ApiError> {
    if lead.kind == CustomerKind::Organization {
        return Ok(Vec::new());
    }
    let chosen = typed.get("organization").unwrap_or(NONE);
    let mut offers = vec![offer(NONE, frame.t("leads-convert-no-organization"), String::new(), chosen)];
    if let Some(name) = &lead.organization_name {
        offers.push(offer(NEW, frame.w("leads-convert-add-organization", name), String::new(), chosen));
    }
    if !text.is_empty() {
        for customer in Brief::search(scope, frame, text, FOUND).await?.into_iter().filter(|one| one.is_organization) {
            offers.push(offer(&customer.id, customer.name, customer.details, chosen));
        }
    }
    offer_chosen(scope, chosen, &mut offers).await?;
    Ok(offers)
}

fn offer(value: &str, label: String, details: String, chosen: &str) -> Offer {
    Offer { value: value.to_owned(), label, details, is_chosen: value == chosen }
}

async fn offer_found(
    scope: &mut CompanyScope<'_>,
    frame: &Frame,
    text: &str,
    chosen: &str,
    offers: &mut Vec<Offer>,
) -> Result<(), Error> {
    for customer in Brief::search(scope, frame, text, FOUND).await? {
        if !offers.iter().any(|offer| offer.value == customer.id) {
            offers.push(offer(&customer.id, customer.name, customer.details, chosen));
        }
    }
    Ok(())
}

/// The one who was chosen stays on offer, whatever is searched for next.
async fn offer_chosen(scope: &mut CompanyScope<'_>, chosen: &str, offers: &mut Vec<Offer>) -> Result<(), Error> {
    if offers.iter().any(|offer| offer.is_chosen) {
        return Ok(());
    }
    let Ok(id) = chosen.parse::<CustomerId>() else { return Ok(()) };
    if let Some(name) = customer_names(scope, std::iter::once(id)).await?.remove(&id) {
        offers.push(offer(chosen, name, String::new(), chosen));
    }
    Ok(())
}

fn joined(parts: [String; 2]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// The lead as a customer who is not there yet.
fn as_typed(lead: &Lead) -> NewCustomer {
    NewCustomer {
        kind: Some(lead.kind),
        name: Some(lead.name.clone()),
        first_name: lead.first_name.clone(),
        last_name: lead.last_name.clone(),
        email: lead.email.clone(),
        phone: lead.phone.clone(),
        organization_name: lead.organization_name.clone(),
        ..NewCustomer::default()
    }
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, typed): (LeadId, _) = (parsed(&id)?, form.0);
    let mut scope = visit.scope();
    let lead = scope.leads().get(id).await?;
    visit.authorize(Resource::Leads, Action::Update, lead.owner_id)?;
    if typed.get("search").is_some() {
        return render(&visit, &mut scope, &lead, &typed, Open::default()).await;
    }
    let is_preview = typed.get("preview").is_some();
    let how = match wanted(&visit.frame, &typed) {
        Ok(how) => ConvertLead { dry_run: Some(is_preview), ..how },
        Err(faults) => return refused(&visit, &mut scope, &lead, &typed, faults).await,
    };
    let adds = how.add_organization == Some(true);
    let outcome = scope.leads().convert(id, how, typed.version()).await;
    match outcome {
        Ok(done) if is_preview => {
            let preview = Some(preview(&visit.frame, &mut scope, &done, adds).await?);
            render(&visit, &mut scope, &lead, &typed, Open { preview, ..Open::default() }).await
        }
        Ok(done) => {
            let may_undo = visit.actor().reach(Resource::Leads, Action::Restore).is_some();
            let undo = may_undo.then(|| format!("{}{id}", CONVERTED));
            let customer = visit.frame.url(&customer_path(done.customer.id));
            Ok(visit.done(&customer, "lead-converted", undo.as_deref()))
        }
        Err(Error::Stale { .. }) => {
            let open = Open { status: StatusCode::PRECONDITION_FAILED, is_stale: true, ..Open::default() };
            render(&visit, &mut scope, &lead, &typed, open).await
        }
        Err(Error::PossibleDuplicate { .. }) => {
            let faults = vec![visit.frame.t("leads-convert-duplicate")];
            let open = Open { status: StatusCode::UNPROCESSABLE_ENTITY, faults, ..Open::default() };
            render(&visit, &mut scope, &lead, &typed, open).await
        }
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            refused(&visit, &mut scope, &lead, &typed, faults).await
        }
    }
}

async fn refused(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    lead: &Lead,
    typed: &Fields,
    faults: Faults,
) -> PageResult {
    let frame = &visit.frame;
    let told = |(name, words): (&str, &str)| match name {
        "" | "customerId" | "organizationId" | "addOrganization" | "deal" => words.to_owned(),
        name => format!("{}: {words}", field_label(frame, name.trim_start_matches("customFields."))),
    };
    let faults = faults.all().map(told).collect();
    let open = Open { status: StatusCode::UNPROCESSABLE_ENTITY, faults, ..Open::default() };
    render(visit, scope, lead, typed, open).await
}

/// What the form asks for.
///
/// # Errors
/// An amount that cannot be read.
fn wanted(frame: &Frame, typed: &Fields) -> Result<ConvertLead, Faults> {
    let customer_id: Option<CustomerId> = typed.get("customer").and_then(|id| id.parse().ok());
    // Who is there keeps their organization.
    let organization = typed.get("organization").filter(|_| customer_id.is_none());
    let deal = match typed.get("withDeal") {
        None => None,
        Some(_) => {
            let amount = match amount(frame, typed)? {
                Patch::Set(amount) => Some(amount),
                _ => None,
            };
            Some(NewDeal { name: typed.get("deal").map(str::to_owned), amount, ..NewDeal::default() })
        }
    };
    Ok(ConvertLead {
        customer_id,
        organization_id: organization.and_then(|id| id.parse().ok()),
        add_organization: (organization == Some(NEW)).then_some(true),
        deal,
        ..ConvertLead::default()
    })
}

/// What a dry run says, one sentence each.
async fn preview(
    frame: &Frame,
    scope: &mut CompanyScope<'_>,
    done: &ConvertedLead,
    adds: bool,
) -> Result<Vec<String>, Error> {
    let Some(conversion) = &done.lead.conversion else { return Ok(Vec::new()) };
    let name = &done.customer.name;
    let become_what = if conversion.is_merged { "leads-preview-merged" } else { "leads-preview-new" };
    let mut told = vec![frame.w(become_what, name), frame.t("leads-preview-moves")];
    if adds {
        let organization = done.lead.organization_name.as_deref().unwrap_or_default();
        told.push(frame.w("leads-preview-organization-new", organization));
    } else if let Some(id) = conversion.organization_id {
        let known = customer_names(scope, std::iter::once(id)).await?.remove(&id);
        told.extend(known.map(|name| frame.w("leads-preview-organization", &name)));
    }
    if conversion.deal_id.is_some() {
        told.push(frame.t("leads-preview-deal"));
    }
    told.push(frame.w("leads-preview-status", &done.lead.status_name));
    if let Some(alike) = &done.possible_duplicates {
        let names: Vec<&str> = alike.data.iter().map(|found| found.customer.name.as_str()).collect();
        told.push(frame.w("leads-preview-alike", &names.join(", ")));
    }
    told.push(frame.t("leads-preview-undo"));
    Ok(told)
}

/// Takes a conversion back. What stands in its way is told where it was asked for.
pub(super) async fn undo(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadId = parsed(&id)?;
    let outcome = visit.scope().leads().revert(id, None).await;
    let lead = visit.frame.url(&path(id));
    let notice = match outcome {
        Ok(_) => return Ok(visit.done(&lead, "lead-unconverted", None)),
        Err(Error::Conflict(Conflict::LeadNotConverted)) => return Ok(visit.done(&lead, "lead-unconverted", None)),
        Err(Error::Conflict(Conflict::LeadConversionExpired)) => "lead-conversion-expired",
        Err(Error::Conflict(Conflict::LeadConversionContinued)) => "lead-conversion-continued",
        Err(error) => return Err(error.into()),
    };
    Ok(visit.done(&visit.back(&form.0, &path(id)), notice, None))
}
