//! The links of a customer: a person's organizations, an organization's people, its parent and its children.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::customers::{
    Customer, CustomerKind, CustomerLink, CustomerLinkPatch, CustomerLinkQuery, LINK_LABELS, NewCustomerLink,
};
use crm_core::ids::{CustomerId, LinkId};
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;

use super::page::{State, render};
use super::{Brief, Choice, Faults, customer_path, parsed};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, Visit, see_other};

/// How many links a page shows.
const SHOWN: u64 = 50;
/// How many customers a search offers.
const FOUND: u64 = 8;
/// Before a label: the customer of the page is the other end of the link.
const REVERSED: char = '~';
/// The labels that say something else at the other end.
const DIRECTED: [&str; 2] = ["parent", "referred_by"];
/// The labels that join an organization with people only.
const OF_PEOPLE: [&str; 1] = ["family"];

/// The links as a page shows them.
pub(super) struct Links {
    pub heading: String,
    pub entries: Vec<Entry>,
    /// How many there are, if that is more than the page shows.
    pub total: Option<String>,
    pub labels: Vec<Choice>,
    /// What was searched for, and the customers that were found.
    pub search: Option<String>,
    pub found: Vec<Choice>,
    pub title: String,
    pub is_person: bool,
    pub fault: Option<String>,
}

/// A link as a page shows it.
pub(super) struct Entry {
    pub id: String,
    pub version: i64,
    pub name: String,
    pub url: String,
    pub label: String,
    pub title: String,
    /// From when to when.
    pub period: String,
    pub started_on: String,
    pub ended_on: String,
    pub is_primary: bool,
    pub is_inactive: bool,
    pub may_be_primary: bool,
    pub labels: Vec<Choice>,
}

/// What a form has left open.
pub(super) struct Open {
    typed: Fields,
    fault: String,
}

impl Links {
    /// The page of the primary organization.
    pub(super) fn organization(&self) -> Option<String> {
        self.entries.iter().find(|entry| entry.is_primary && self.is_person).map(|entry| entry.url.clone())
    }

    pub(super) async fn read(
        scope: &mut CompanyScope<'_>,
        visit: &Visit,
        customer: &Customer,
        open: Option<&Open>,
    ) -> Result<Self, ApiError> {
        let frame = &visit.frame;
        let request = PageRequest::new(None, Some(SHOWN), Some(Count::Capped))?;
        let page = scope.links(customer.id).list(&CustomerLinkQuery::default(), &request).await?;
        let total = page.total.filter(|total| *total > page.data.len() as u64);
        let mut links = page.data;
        links.sort_by_key(|link| (!link.is_primary, link.is_inactive));
        let search = open.map_or_else(|| visit.query.get("link"), |open| open.typed.get("search")).map(str::to_owned);
        let chosen = |name: &str| open.map(|open| open.typed.text(name).to_owned()).unwrap_or_default();
        let found = match &search {
            Some(text) => others(Brief::search(scope, frame, text, FOUND).await?, customer.id, &chosen("customer")),
            None => Vec::new(),
        };
        let is_person = customer.kind == CustomerKind::Person;
        Ok(Self {
            heading: frame.named("links-of", customer.kind.as_str()),
            entries: links.iter().map(|link| entry(frame, customer, link)).collect(),
            total: total.map(|total| frame.language().counted("links-total", total)),
            labels: offered(frame, is_person, &chosen("label")),
            title: chosen("title"),
            fault: open.map(|open| open.fault.clone()),
            is_person,
            search,
            found,
        })
    }
}

fn entry(frame: &Frame, customer: &Customer, link: &CustomerLink) -> Entry {
    let is_from = link.from_id == customer.id;
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| frame.calendar.day(day)).unwrap_or_default();
    let typed = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let period = match (link.started_on, link.ended_on) {
        (None, None) => String::new(),
        _ => format!("{} – {}", day(link.started_on), day(link.ended_on)),
    };
    let kinds = [customer.kind, link.customer.kind];
    Entry {
        id: link.id.to_string(),
        version: link.version,
        name: link.customer.display_name.clone(),
        url: frame.url(&customer_path(link.customer.id)),
        label: label(frame, &link.label, is_from),
        title: link.title.clone().unwrap_or_default(),
        period,
        started_on: typed(link.started_on),
        ended_on: typed(link.ended_on),
        is_primary: link.is_primary,
        is_inactive: link.is_inactive,
        may_be_primary: !link.is_primary
            && kinds.contains(&CustomerKind::Person)
            && kinds.contains(&CustomerKind::Organization)
            && link.label != "referred_by",
        labels: changeable(frame, link, is_from),
    }
}

/// A label as one of the ends reads it; a word of the company's own as it is.
fn label(frame: &Frame, label: &str, is_from: bool) -> String {
    if !LINK_LABELS.contains(&label) {
        return label.to_owned();
    }
    let is_reversed = !is_from && DIRECTED.contains(&label);
    frame.named("link-label", &format!("{label}{}", if is_reversed { "_reversed" } else { "" }))
}

/// The labels of a new link.
fn offered(frame: &Frame, is_person: bool, chosen: &str) -> Vec<Choice> {
    let fits = |name: &&&str| if is_person { **name != "parent" } else { !OF_PEOPLE.contains(*name) };
    let both = |name: &&str| {
        let reversed = DIRECTED.contains(name).then(|| format!("{REVERSED}{name}"));
        std::iter::once((*name).to_owned()).chain(reversed)
    };
    let choice = |value: String| {
        let name = value.trim_start_matches(REVERSED);
        let label = label(frame, name, !value.starts_with(REVERSED));
        Choice { label, is_chosen: value == chosen, value }
    };
    LINK_LABELS.iter().filter(fits).flat_map(both).map(choice).collect()
}

/// The labels that a link can have instead of its own; one of the hierarchy stays what it is.
fn changeable(frame: &Frame, link: &CustomerLink, is_from: bool) -> Vec<Choice> {
    let own = Choice { value: link.label.clone(), label: label(frame, &link.label, is_from), is_chosen: true };
    let others = LINK_LABELS.iter().filter(|name| **name != link.label && **name != "parent");
    let other =
        |name: &&str| Choice { value: (*name).to_owned(), label: label(frame, name, is_from), is_chosen: false };
    let others: Vec<Choice> = if link.label == "parent" { Vec::new() } else { others.map(other).collect() };
    std::iter::once(own).chain(others).collect()
}

/// What a search offers: everybody but the customer.
fn others(found: Vec<Brief>, customer: CustomerId, chosen: &str) -> Vec<Choice> {
    let customer = customer.to_string();
    let choice = |brief: Brief| {
        let label = if brief.details.is_empty() { brief.name } else { format!("{} · {}", brief.name, brief.details) };
        Choice { is_chosen: brief.id == chosen, value: brief.id, label }
    };
    found.into_iter().filter(|found| found.id != customer).map(choice).collect()
}

/// Links the customer with another.
pub(super) async fn add(visit: Visit, path: web::Path<String>, form: Form) -> PageResult {
    let (id, other): (CustomerId, CustomerId) = (parsed(&path)?, parsed(form.0.text("customer"))?);
    let typed = form.0.text("label");
    let name = typed.trim_start_matches(REVERSED);
    let ends = match typed.starts_with(REVERSED) {
        true => NewCustomerLink::from(other, name),
        false => NewCustomerLink::to(other, name),
    };
    let new = NewCustomerLink {
        title: form.0.get("title").map(str::to_owned),
        is_primary: Some(form.0.has("isPrimary")),
        ..ends
    };
    let outcome = visit.scope().links(id).create(new).await.map(drop);
    settled(&visit, id, &form, outcome).await
}

/// Changes a link, makes it the primary one, ends it, or removes it.
pub(super) async fn act(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, link, version): (CustomerId, LinkId, _) = (parsed(&path.0)?, parsed(&path.1)?, form.version()?);
    let mut scope = visit.scope();
    let outcome = match (form.0.text("do"), patch(&form.0)) {
        ("remove", _) => scope.links(id).delete(link, Some(version)).await,
        (_, Some(patch)) => scope.links(id).update(link, patch, Some(version)).await.map(drop),
        (_, None) => {
            let fault = visit.frame.language().text("violation-date-invalid");
            return reopened(&visit, id, &form, (StatusCode::UNPROCESSABLE_ENTITY, fault)).await;
        }
    };
    drop(scope);
    settled(&visit, id, &form, outcome).await
}

/// What the form changes; none if a day cannot be read.
fn patch(form: &Fields) -> Option<CustomerLinkPatch> {
    let flag = |flag| Patch::Set(flag);
    let day = |name: &str| match form.get(name) {
        Some(text) => text.parse().ok().map(Patch::Set),
        None => Some(Patch::Clear),
    };
    Some(match form.text("do") {
        "primary" => CustomerLinkPatch { is_primary: flag(true), ..CustomerLinkPatch::default() },
        "end" => CustomerLinkPatch { is_inactive: flag(true), ..CustomerLinkPatch::default() },
        "resume" => {
            CustomerLinkPatch { is_inactive: flag(false), ended_on: Patch::Clear, ..CustomerLinkPatch::default() }
        }
        _ => CustomerLinkPatch {
            label: form.get("label").map(str::to_owned).map_or(Patch::Absent, Patch::Set),
            title: form.get("title").map(str::to_owned).map_or(Patch::Clear, Patch::Set),
            started_on: day("startedOn")?,
            ended_on: day("endedOn")?,
            ..CustomerLinkPatch::default()
        },
    })
}

async fn settled(visit: &Visit, id: CustomerId, form: &Form, outcome: Result<(), Error>) -> PageResult {
    let language = visit.frame.language();
    let fault = match outcome {
        Ok(()) => {
            let done = visit.query.without("link", None).with("done", "links").query();
            return Ok(see_other(visit.frame.url(&format!("{}{done}", customer_path(id)))));
        }
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, language.text("link-stale")),
        Err(error) => {
            let fault = Faults::of(error, language)?.first().unwrap_or_default();
            (StatusCode::UNPROCESSABLE_ENTITY, fault)
        }
    };
    reopened(visit, id, form, fault).await
}

async fn reopened(visit: &Visit, id: CustomerId, form: &Form, (status, fault): (StatusCode, String)) -> PageResult {
    let links = Some(Open { typed: form.0.clone(), fault });
    render(visit, id, State { status, links, ..State::default() }).await
}
