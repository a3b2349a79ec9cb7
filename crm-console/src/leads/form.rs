//! The fields of a lead in forms.

use std::str::FromStr;

use crm_core::actor::{Action, Reach, Resource};
use crm_core::customers::CustomerKind;
use crm_core::leads::{Lead, LeadPatch, LeadRating};
use crm_core::patch::Patch;

use crate::base::amounts;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::deals::{CURRENCIES, Line, amount, reasons};
use crate::web::{Frame, People, Visit};

/// The sources that are offered. A company can use its own words.
const SOURCES: [&str; 6] = ["referral", "website", "trade_fair", "advertisement", "cold_call", "partner"];
/// How urgent a lead can be.
const PRIORITIES: [&str; 4] = ["0", "1", "2", "3"];

/// A field: its name in the form, its label, how it is typed, and the longest text.
struct Spec(&'static str, &'static str, &'static str, u32);

/// All fields in their order. What a lead may be worth has a field for the amount and one for the currency.
const SPECS: &[Spec] = &[
    Spec("kind", "field-kind", "choice", 0),
    Spec("ownerId", "field-owner-id", "choice", 0),
    Spec("firstName", "field-first-name", "text", 120),
    Spec("lastName", "field-last-name", "text", 120),
    Spec("name", "leads-name", "text", 250),
    Spec("organizationName", "field-organization-name", "text", 250),
    Spec("jobTitle", "field-job-title", "text", 120),
    Spec("email", "field-email", "email", 254),
    Spec("phone", "field-phone", "tel", 40),
    Spec("website", "field-website", "text", 2048),
    Spec("source", "field-source", "text", 64),
    Spec("sourceDetail", "field-source-detail", "text", 250),
    Spec("referredBy", "field-referred-by", "text", 250),
    Spec("rating", "field-rating", "choice", 0),
    Spec("priority", "field-priority", "choice", 0),
    Spec("amount", "field-estimated-value", "decimal", 24),
    Spec("currency", "field-currency", "text", 3),
    Spec("expectedCloseDate", "field-expected-close-date", "date", 0),
    Spec("industry", "field-industry", "text", 120),
    Spec("address", "field-address", "text", 250),
    Spec("zipCode", "field-zip-code", "text", 20),
    Spec("city", "field-city", "text", 120),
    Spec("state", "field-state", "text", 120),
    Spec("country", "field-country", "text", 120),
    Spec("doNotCall", "field-do-not-call", "choice", 0),
    Spec("doNotEmail", "field-do-not-email", "choice", 0),
    Spec("lostReason", "field-lost-reason", "text", 64),
    Spec("lostNotes", "field-lost-notes", "textarea", 2_000),
    Spec("description", "field-description", "textarea", 2_000),
];

fn is_of_lost(name: &str) -> bool {
    matches!(name, "lostReason" | "lostNotes")
}

/// What the core calls a field of the form.
fn api(name: &str) -> &str {
    if name == "amount" { "estimatedValue" } else { name }
}

/// The lines of a form, with these values.
pub(super) fn lines(visit: &Visit, people: &People, values: &Fields, faults: &Faults) -> Vec<Line> {
    let frame = &visit.frame;
    let fault = |name: &str| faults.at(name).or_else(|| faults.at(api(name)));
    let first_fault = SPECS.iter().find(|spec| fault(spec.0).is_some());
    let usual = if values.text("kind") == CustomerKind::Organization.as_str() { "name" } else { "firstName" };
    let focus = first_fault.map_or(usual, |spec| spec.0);
    let line = |spec: &Spec| {
        let value = values.text(spec.0).to_owned();
        Line {
            name: spec.0,
            label: frame.t(spec.1),
            input: spec.2,
            choices: choices(visit, people, spec.0, &value),
            offered: offered(visit, spec.0),
            most: spec.3,
            is_wide: matches!(spec.0, "name" | "lostNotes" | "description"),
            is_of_lost: is_of_lost(spec.0),
            is_focused: spec.0 == focus,
            fault: fault(spec.0),
            value,
        }
    };
    SPECS.iter().map(line).collect()
}

/// The faults that have no line.
pub(super) fn others(faults: &Faults) -> Vec<String> {
    let names: Vec<&str> = SPECS.iter().map(|spec| spec.0).chain(["estimatedValue", "status"]).collect();
    faults.elsewhere(&names)
}

fn offered(visit: &Visit, name: &str) -> Vec<(String, String)> {
    match name {
        "currency" => CURRENCIES.map(|code| (code.to_owned(), String::new())).into(),
        "source" => SOURCES.map(|source| (source.to_owned(), visit.frame.named("source", source))).into(),
        "lostReason" => reasons(visit),
        _ => Vec::new(),
    }
}

fn choices(visit: &Visit, people: &People, name: &str, value: &str) -> Vec<Choice> {
    let frame = &visit.frame;
    let nothing = std::iter::once((String::new(), "–".to_owned()));
    let words = |group: &'static str, names: &'static [&'static str]| {
        names.iter().map(move |name| ((*name).to_owned(), frame.named(group, name)))
    };
    let choices: Vec<(String, String)> = match name {
        "ownerId" => return owners(visit, people, value),
        "kind" => words("kind", CustomerKind::NAMES).collect(),
        "rating" => nothing.chain(words("rating", LeadRating::NAMES)).collect(),
        "priority" => nothing.chain(words("lead-priority", &PRIORITIES)).collect(),
        "doNotCall" | "doNotEmail" => words("boolean", &["false", "true"]).collect(),
        _ => Vec::new(),
    };
    choices.into_iter().map(|(held, label)| Choice { is_chosen: held == value, value: held, label }).collect()
}

/// Nobody, and those who can own the lead. With the reach `own`, it can be given to nobody else.
pub(super) fn owners(visit: &Visit, people: &People, value: &str) -> Vec<Choice> {
    let me = visit.actor().user_id().map(|id| id.to_string());
    let all = visit.actor().reach(Resource::Leads, Action::Update) == Some(Reach::All);
    let offered = people.active().filter(|(id, _)| all || me.as_ref() == Some(id) || id == value);
    let offered = offered.map(|(id, name)| (id, name.to_owned()));
    let nobody = std::iter::once((String::new(), visit.frame.t("owner-none")));
    let choice = |(held, label): (String, String)| Choice { is_chosen: held == value, value: held, label };
    nobody.chain(offered).map(choice).collect()
}

/// Whether a person's name is made of its parts.
fn is_made(lead: &Lead) -> bool {
    let parts = [lead.first_name.as_deref(), lead.last_name.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    lead.kind == CustomerKind::Person && parts.join(" ") == lead.name
}

/// The values of a lead as they are typed. A name that is made of its parts stands in these.
pub(super) fn typed(frame: &Frame, lead: &Lead) -> Fields {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let shown = |value: Option<String>| value.unwrap_or_default();
    let values = [
        ("kind", lead.kind.to_string()),
        ("ownerId", shown(lead.owner_id.map(|owner| owner.to_string()))),
        ("firstName", text(&lead.first_name)),
        ("lastName", text(&lead.last_name)),
        ("name", if is_made(lead) { String::new() } else { lead.name.clone() }),
        ("organizationName", text(&lead.organization_name)),
        ("jobTitle", text(&lead.job_title)),
        ("email", text(&lead.email)),
        ("phone", text(&lead.phone)),
        ("website", text(&lead.website)),
        ("source", text(&lead.source)),
        ("sourceDetail", text(&lead.source_detail)),
        ("referredBy", text(&lead.referred_by)),
        ("rating", shown(lead.rating.map(|rating| rating.to_string()))),
        ("priority", shown(lead.priority.map(|priority| priority.to_string()))),
        ("amount", shown(lead.estimated_value.map(|value| amounts::typed(frame.language(), value)))),
        ("currency", shown(lead.estimated_value.map(|value| value.currency.to_string()))),
        ("expectedCloseDate", shown(lead.expected_close_date.map(|day| day.to_string()))),
        ("industry", text(&lead.industry)),
        ("address", text(&lead.address)),
        ("zipCode", text(&lead.zip_code)),
        ("city", text(&lead.city)),
        ("state", text(&lead.state)),
        ("country", text(&lead.country)),
        ("doNotCall", lead.do_not_call.to_string()),
        ("doNotEmail", lead.do_not_email.to_string()),
        ("lostReason", text(&lead.lost_reason)),
        ("lostNotes", text(&lead.lost_notes)),
        ("description", text(&lead.description)),
    ];
    values.into_iter().fold(Fields::default(), |fields, (name, value)| fields.with(name, &value))
}

/// The change that a form makes to a lead, which a new one makes to a blank one. What belongs to a loss is left out unless
/// `is_lost`, because its fields are hidden then.
///
/// # Errors
/// What cannot be read.
pub(super) fn patch(frame: &Frame, before: Option<&Lead>, form: &Fields, is_lost: bool) -> Result<LeadPatch, Faults> {
    let held = before.map(|before| typed(frame, before)).unwrap_or_default();
    let is_changed = |name: &str| form.text(name) != held.text(name) && (is_lost || !is_of_lost(name));
    let unreadable = |name: &str| Faults::unreadable(name, frame.language());
    let text = |name: &str| if is_changed(name) { form.get(name).map(str::to_owned).into() } else { Patch::Absent };
    let value = if is_changed("amount") || is_changed("currency") { amount(frame, form)? } else { Patch::Absent };
    // A name that was made of its parts is made of them again.
    let is_remade = before.is_some_and(is_made) && (is_changed("firstName") || is_changed("lastName"));
    let name = if is_remade && !is_changed("name") { Patch::Clear } else { text("name") };
    Ok(LeadPatch {
        kind: parsed(form, "kind", is_changed("kind")).map_err(unreadable)?,
        name,
        first_name: text("firstName"),
        last_name: text("lastName"),
        organization_name: text("organizationName"),
        job_title: text("jobTitle"),
        email: text("email"),
        phone: text("phone"),
        website: text("website"),
        source: text("source"),
        source_detail: text("sourceDetail"),
        referred_by: text("referredBy"),
        rating: parsed(form, "rating", is_changed("rating")).map_err(unreadable)?,
        priority: parsed(form, "priority", is_changed("priority")).map_err(unreadable)?,
        owner_id: parsed(form, "ownerId", is_changed("ownerId")).map_err(unreadable)?,
        estimated_value: value,
        expected_close_date: parsed(form, "expectedCloseDate", is_changed("expectedCloseDate")).map_err(unreadable)?,
        industry: text("industry"),
        address: text("address"),
        zip_code: text("zipCode"),
        city: text("city"),
        state: text("state"),
        country: text("country"),
        do_not_call: parsed(form, "doNotCall", is_changed("doNotCall")).map_err(unreadable)?,
        do_not_email: parsed(form, "doNotEmail", is_changed("doNotEmail")).map_err(unreadable)?,
        lost_reason: text("lostReason"),
        lost_notes: text("lostNotes"),
        description: text("description"),
        ..LeadPatch::default()
    })
}

fn parsed<T: FromStr>(form: &Fields, name: &'static str, is_changed: bool) -> Result<Patch<T>, &'static str> {
    match form.get(name) {
        _ if !is_changed => Ok(Patch::Absent),
        None => Ok(Patch::Clear),
        Some(text) => text.parse().map(Patch::Set).map_err(|_| name),
    }
}
