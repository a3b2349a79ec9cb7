//! The fields of a deal in forms.

use std::str::FromStr;

use crm_core::actor::{Action, Reach, Resource};
use crm_core::deals::{Deal, DealPatch, DealType};
use crm_core::money::{Currency, Money};
use crm_core::patch::Patch;

use crate::base::amounts;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Frame, People, Visit};

/// The reasons that are offered. A company can use its own words.
const REASONS: [&str; 5] = ["price", "competitor", "no_budget", "timing", "no_answer"];
/// The currencies that are offered.
pub(crate) const CURRENCIES: [&str; 8] = ["EUR", "USD", "GBP", "CHF", "JPY", "PLN", "SEK", "CAD"];

/// A field as the form shows it.
pub(crate) struct Line {
    pub name: &'static str,
    pub label: String,
    /// The type of the `<input>`; `textarea` for several lines.
    pub input: &'static str,
    pub value: String,
    pub choices: Vec<Choice>,
    /// What is offered beside other values.
    pub offered: Vec<(String, String)>,
    pub most: u32,
    pub is_wide: bool,
    /// Whether only lost deals and leads have it.
    pub is_of_lost: bool,
    pub is_focused: bool,
    pub fault: Option<String>,
}

/// A field: its JSON name, its label, how it is typed, and the longest text.
struct Spec(&'static str, &'static str, &'static str, u32);

const SPECS: &[Spec] = &[
    Spec("name", "field-name", "text", 250),
    Spec("amount", "field-amount", "decimal", 24),
    Spec("currency", "field-currency", "text", 3),
    Spec("expectedCloseDate", "field-expected-close-date", "date", 0),
    Spec("probability", "field-own-probability", "numeric", 3),
    Spec("ownerId", "field-owner-id", "choice", 0),
    Spec("type", "field-type", "choice", 0),
    Spec("nextStep", "field-next-step", "text", 500),
    Spec("nextStepAt", "field-next-step-at", "datetime-local", 0),
    Spec("source", "field-source", "text", 64),
    Spec("competitor", "field-competitor", "text", 250),
    Spec("lostReason", "field-lost-reason", "text", 64),
    Spec("lostNotes", "field-lost-notes", "textarea", 2_000),
    Spec("description", "field-description", "textarea", 4_000),
];

fn is_of_lost(name: &str) -> bool {
    matches!(name, "lostReason" | "lostNotes")
}

/// The reasons of a loss that are offered, with their words: those of the company, or else the usual ones.
pub(crate) fn reasons(visit: &Visit) -> Vec<(String, String)> {
    if visit.lost_reasons.is_empty() {
        return REASONS.map(|reason| (reason.to_owned(), visit.frame.named("lost-reason", reason))).into();
    }
    let offered = visit.lost_reasons.iter().filter(|reason| !reason.is_archived);
    offered.map(|reason| (reason.code.clone(), reason.label.clone())).collect()
}

/// The words for a reason.
pub(crate) fn reason(visit: &Visit, code: &str) -> String {
    let own = visit.lost_reasons.iter().find(|reason| reason.code == code);
    own.map_or_else(|| visit.frame.named("lost-reason", code), |reason| reason.label.clone())
}

/// The lines of a form, with these values.
pub(super) fn lines(visit: &Visit, people: &People, values: &Fields, faults: &Faults) -> Vec<Line> {
    let frame = &visit.frame;
    let first_fault = SPECS.iter().find(|spec| faults.at(spec.0).is_some());
    let focus = first_fault.map_or("name", |spec| spec.0);
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
            fault: faults.at(spec.0),
            value,
        }
    };
    SPECS.iter().map(line).collect()
}

/// The faults that have no line.
pub(super) fn others(faults: &Faults) -> Vec<String> {
    let lines: Vec<&str> = SPECS.iter().map(|spec| spec.0).chain(["stageId"]).collect();
    faults.elsewhere(&lines)
}

/// What is offered for a field beside other values.
pub(super) fn offered(visit: &Visit, name: &str) -> Vec<(String, String)> {
    match name {
        "currency" => CURRENCIES.map(|code| (code.to_owned(), String::new())).into(),
        "lostReason" => reasons(visit),
        _ => Vec::new(),
    }
}

fn choices(visit: &Visit, people: &People, name: &str, value: &str) -> Vec<Choice> {
    let frame = &visit.frame;
    let nothing = |label: String| std::iter::once((String::new(), label));
    let choices: Vec<(String, String)> = match name {
        "type" => {
            let types = DealType::NAMES.iter().map(|name| ((*name).to_owned(), frame.named("deal-type", name)));
            nothing(frame.t("deal-type-none")).chain(types).collect()
        }
        "ownerId" => nothing(frame.t("owner-none")).chain(owners(visit, people, value)).collect(),
        _ => Vec::new(),
    };
    choices.into_iter().map(|(held, label)| Choice { is_chosen: held == value, value: held, label }).collect()
}

/// With the reach `own`, a deal can be given to nobody else.
fn owners(visit: &Visit, people: &People, value: &str) -> Vec<(String, String)> {
    let me = visit.actor().user_id().map(|id| id.to_string());
    let all = visit.actor().reach(Resource::Deals, Action::Update) == Some(Reach::All);
    let offered = people.active().filter(|(id, _)| all || me.as_ref() == Some(id) || id == value);
    offered.map(|(id, name)| (id, name.to_owned())).collect()
}

/// The values of a deal as they are typed.
pub(super) fn typed(frame: &Frame, deal: &Deal) -> Fields {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let shown = |value: Option<String>| value.unwrap_or_default();
    let values = [
        ("name", deal.name.clone()),
        ("amount", shown(deal.amount.map(|amount| amounts::typed(frame.language(), amount)))),
        ("currency", shown(deal.amount.map(|amount| amount.currency.to_string()))),
        ("expectedCloseDate", shown(deal.expected_close_date.map(|day| day.to_string()))),
        ("probability", shown(deal.probability.map(|probability| probability.to_string()))),
        ("ownerId", shown(deal.owner_id.map(|owner| owner.to_string()))),
        ("type", shown(deal.deal_type.map(|kind| kind.to_string()))),
        ("nextStep", text(&deal.next_step)),
        ("nextStepAt", shown(deal.next_step_at.map(|at| frame.calendar.write(at)))),
        ("source", text(&deal.source)),
        ("competitor", text(&deal.competitor)),
        ("lostReason", text(&deal.lost_reason)),
        ("lostNotes", text(&deal.lost_notes)),
        ("description", text(&deal.description)),
    ];
    values.into_iter().fold(Fields::default(), |fields, (name, value)| fields.with(name, &value))
}

/// The change that a form makes to a deal, which a new one makes to a blank one. What belongs to a loss is left out
/// unless `is_lost`, because its fields are hidden then.
///
/// # Errors
/// What cannot be read. Forms have no seconds, so a time that was not touched keeps its own.
pub(super) fn patch(frame: &Frame, before: Option<&Deal>, form: &Fields, is_lost: bool) -> Result<DealPatch, Faults> {
    let held = before.map(|before| typed(frame, before)).unwrap_or_default();
    let is_changed = |name: &str| form.text(name) != held.text(name) && (is_lost || !is_of_lost(name));
    let unreadable = |name: &str| Faults::unreadable(name, frame.language());
    let text = |name: &str| if is_changed(name) { form.get(name).map(str::to_owned).into() } else { Patch::Absent };
    let amount = if is_changed("amount") || is_changed("currency") { amount(frame, form)? } else { Patch::Absent };
    let next_step_at = match form.get("nextStepAt") {
        _ if !is_changed("nextStepAt") => Patch::Absent,
        None => Patch::Clear,
        Some(text) => Patch::Set(frame.calendar.read(text).ok_or_else(|| unreadable("nextStepAt"))?),
    };
    Ok(DealPatch {
        name: text("name"),
        amount,
        probability: parsed(form, "probability", is_changed("probability")).map_err(unreadable)?,
        expected_close_date: parsed(form, "expectedCloseDate", is_changed("expectedCloseDate")).map_err(unreadable)?,
        lost_reason: text("lostReason"),
        lost_notes: text("lostNotes"),
        competitor: text("competitor"),
        source: text("source"),
        deal_type: parsed(form, "type", is_changed("type")).map_err(unreadable)?,
        next_step: text("nextStep"),
        next_step_at,
        description: text("description"),
        owner_id: parsed(form, "ownerId", is_changed("ownerId")).map_err(unreadable)?,
        ..DealPatch::default()
    })
}

/// The amount and its currency, which have a field each.
///
/// # Errors
/// What cannot be read.
pub(crate) fn amount(frame: &Frame, form: &Fields) -> Result<Patch<Money>, Faults> {
    let language = frame.language();
    let Some(text) = form.get("amount") else { return Ok(Patch::Clear) };
    let Some(code) = form.get("currency") else { return Err(Faults::required("currency", language)) };
    let currency: Currency = code.parse().map_err(|_| Faults::named("currency", "currency-unknown", language))?;
    let money = amounts::read(language, text, currency);
    money.map(Patch::Set).ok_or_else(|| Faults::named("amount", "amount-unreadable", language))
}

fn parsed<T: FromStr>(form: &Fields, name: &'static str, is_changed: bool) -> Result<Patch<T>, &'static str> {
    match form.get(name) {
        _ if !is_changed => Ok(Patch::Absent),
        None => Ok(Patch::Clear),
        Some(text) => text.parse().map(Patch::Set).map_err(|_| name),
    }
}
