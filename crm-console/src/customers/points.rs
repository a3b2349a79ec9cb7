//! The e-mail addresses, telephone numbers and postal addresses of a customer are added, changed, made primary and removed
//! in their place.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::Error;
use crm_core::customers::{AddressKind, ContactLabel, Customer, CustomerPatch};
use crm_core::ids::CustomerId;
use crm_web::problem::{ApiError, Code};
use serde_json::{Map, Value};

use super::page::{State, render};
use super::{Choice, Faults, customer_path, fields, parsed};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, Visit, see_other};

/// A list of a customer: its JSON name, the group of fields that it stands below, and what its entries consist of.
struct Kind {
    list: &'static str,
    group: &'static str,
    /// The member that tells what an entry is for.
    label: &'static str,
    labels: &'static [&'static str],
    /// The members of a value, with the types of their inputs and their lengths.
    parts: &'static [(&'static str, &'static str, u16)],
    /// What else an entry may be marked as, with the texts.
    flags: &'static [(&'static str, &'static str)],
}

const FLAGS: &[(&str, &str)] = &[("isInvalid", "contact-invalid"), ("isOptedOut", "contact-opted-out")];
const KINDS: &[Kind] = &[
    Kind {
        list: "emails",
        group: "contact",
        label: "label",
        labels: ContactLabel::NAMES,
        parts: &[("address", "email", 254)],
        flags: FLAGS,
    },
    Kind {
        list: "phones",
        group: "contact",
        label: "label",
        labels: ContactLabel::NAMES,
        parts: &[("number", "tel", 40)],
        flags: FLAGS,
    },
    Kind {
        list: "addresses",
        group: "address",
        label: "kind",
        labels: AddressKind::NAMES,
        parts: &[
            ("address", "text", 250),
            ("addressLine2", "text", 250),
            ("zipCode", "text", 20),
            ("city", "text", 120),
            ("state", "text", 120),
            ("country", "text", 120),
        ],
        flags: &[],
    },
];

/// A list as a page shows it.
pub(super) struct Points {
    pub list: &'static str,
    pub group: &'static str,
    /// All entries.
    pub entries: Vec<Entry>,
    pub labels: Vec<Choice>,
    pub inputs: Vec<Part>,
    pub fault: Option<String>,
    /// True if an entry is being added.
    pub is_open: bool,
}

/// An entry of a list.
pub(super) struct Entry {
    pub position: usize,
    pub label: String,
    pub value: String,
    pub link: Option<String>,
    pub is_primary: bool,
    /// True if the fields above show it whole.
    pub is_flat: bool,
    /// What else it is marked as, and may be.
    pub flags: Vec<Choice>,
    pub labels: Vec<Choice>,
    pub inputs: Vec<Part>,
    /// True if it is being changed.
    pub is_open: bool,
}

/// A part of an entry that is added or changed.
pub(super) struct Part {
    pub name: &'static str,
    pub label: String,
    pub input: &'static str,
    pub most: u16,
    pub value: String,
}

/// What a form has left open.
pub(super) struct Open {
    list: &'static str,
    typed: Fields,
    fault: String,
    /// The entry that is changed, or none for a new one.
    position: Option<usize>,
}

/// All lists of a customer.
pub(super) fn of(frame: &Frame, customer: &Customer, open: Option<&Open>) -> Vec<Points> {
    let values = fields::values(customer);
    let points = |kind: &Kind| {
        let open = open.filter(|open| open.list == kind.list);
        let new = open.filter(|open| open.position.is_none()).map(|open| written(kind, Map::new(), &open.typed));
        let is_open = new.is_some();
        let new = Value::Object(new.unwrap_or_default());
        Points {
            list: kind.list,
            group: kind.group,
            entries: entries(frame, kind, &values[kind.list], open),
            labels: labels(frame, kind, text(&new, kind.label)),
            inputs: inputs(frame, kind, &new),
            fault: open.map(|open| open.fault.clone()),
            is_open,
        }
    };
    KINDS.iter().map(points).collect()
}

fn inputs(frame: &Frame, kind: &Kind, entry: &Value) -> Vec<Part> {
    let part = |&(name, input, most): &(&'static str, &'static str, u16)| Part {
        name,
        label: part_label(frame, kind, name),
        input,
        most,
        value: text(entry, name).to_owned(),
    };
    kind.parts.iter().map(part).collect()
}

fn text<'e>(entry: &'e Value, member: &str) -> &'e str {
    entry[member].as_str().unwrap_or_default()
}

fn part_label(frame: &Frame, kind: &Kind, part: &str) -> String {
    match kind.list {
        "emails" => fields::label(frame, "email"),
        "phones" => fields::label(frame, "phone"),
        _ => fields::label(frame, part),
    }
}

fn labels(frame: &Frame, kind: &Kind, chosen: &str) -> Vec<Choice> {
    let none = (kind.label == "label").then(|| (String::new(), frame.t("contact-label-none")));
    let named = kind.labels.iter().map(|name| ((*name).to_owned(), frame.named("contact-label", name)));
    let choice = |(value, label): (String, String)| Choice { is_chosen: value == chosen, value, label };
    none.into_iter().chain(named).map(choice).collect()
}

fn entries(frame: &Frame, kind: &Kind, list: &Value, open: Option<&Open>) -> Vec<Entry> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_flat = |entry: &Value| {
        list.len() == 1
            && is(entry, "isPrimary")
            && !kind.flags.iter().any(|(flag, _)| is(entry, flag))
            && !is_labelled(kind, entry)
    };
    let entry = |(position, entry): (usize, &Value)| {
        let label = text(entry, kind.label);
        let typed = open.filter(|open| open.position == Some(position)).map(|open| &open.typed);
        let edited = match (typed, entry) {
            (Some(typed), Value::Object(entry)) => &Value::Object(written(kind, entry.clone(), typed)),
            _ => entry,
        };
        let flag = |(name, text): &(&str, &str)| Choice {
            value: (*name).to_owned(),
            label: frame.t(text),
            is_chosen: is(edited, name),
        };
        Entry {
            position,
            label: if label.is_empty() { frame.t("contact-label-none") } else { frame.named("contact-label", label) },
            value: value(kind, entry),
            link: link(kind, entry),
            is_primary: is(entry, "isPrimary"),
            is_flat: is_flat(entry),
            flags: kind.flags.iter().map(flag).collect(),
            labels: labels(frame, kind, text(edited, kind.label)),
            inputs: inputs(frame, kind, edited),
            is_open: typed.is_some(),
        }
    };
    list.iter().enumerate().map(entry).collect()
}

fn is(entry: &Value, flag: &str) -> bool {
    entry[flag] == Value::Bool(true)
}

fn is_labelled(kind: &Kind, entry: &Value) -> bool {
    !matches!(entry[kind.label].as_str(), None | Some("other")) || (kind.label == "label" && entry["label"].is_string())
}

fn value(kind: &Kind, entry: &Value) -> String {
    let parts = kind.parts.iter().filter_map(|(name, ..)| entry[*name].as_str());
    parts.collect::<Vec<_>>().join(", ")
}

fn link(kind: &Kind, entry: &Value) -> Option<String> {
    match kind.list {
        "emails" => Some(format!("mailto:{}", entry["address"].as_str()?)),
        "phones" => fields::dialled(entry["e164"].as_str().or(entry["number"].as_str())?),
        _ => None,
    }
}

/// An entry with what was typed.
fn written(kind: &Kind, mut entry: Map<String, Value>, typed: &Fields) -> Map<String, Value> {
    for (name, ..) in kind.parts {
        // An address without any part is told by the rules; an e-mail without an address cannot even be read.
        let value = if kind.parts.len() == 1 { typed.text(name).into() } else { typed.get(name).into() };
        entry.insert((*name).to_owned(), value);
    }
    if let Some(label) = typed.get(kind.label) {
        entry.insert(kind.label.to_owned(), label.into());
    } else {
        entry.remove(kind.label);
    }
    for (flag, _) in kind.flags {
        entry.insert((*flag).to_owned(), typed.all("flag").any(|set| set == *flag).into());
    }
    entry
}

/// Adds an entry.
pub(super) async fn add(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let kind = kind(&path.1)?;
    change(&visit, &path.0, kind, &form, None, |list| {
        let mut entry = written(kind, Map::new(), &form.0);
        // The first one is the primary one.
        if !list.is_empty() {
            entry.insert("isPrimary".to_owned(), false.into());
        }
        list.push(Value::Object(entry));
        Ok(())
    })
    .await
}

/// Changes an entry, makes it the primary one, or removes it.
pub(super) async fn act(visit: Visit, path: web::Path<(String, String, usize)>, form: Form) -> PageResult {
    let (kind, position) = (kind(&path.1)?, path.2);
    change(&visit, &path.0, kind, &form, Some(position), |list| {
        if position >= list.len() {
            return Err(ApiError::new(Code::NotFound, "there is no such entry"));
        }
        match form.0.text("do") {
            "remove" => drop(list.remove(position)),
            "primary" => {
                for (index, entry) in list.iter_mut().enumerate() {
                    entry["isPrimary"] = (index == position).into();
                }
            }
            _ => {
                if let Value::Object(entry) = &mut list[position] {
                    *entry = written(kind, std::mem::take(entry), &form.0);
                }
            }
        }
        Ok(())
    })
    .await
}

fn kind(list: &str) -> Result<&'static Kind, ApiError> {
    let named = KINDS.iter().find(|kind| kind.list == list);
    named.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such list"))
}

async fn change(
    visit: &Visit,
    id: &str,
    kind: &Kind,
    form: &Form,
    position: Option<usize>,
    change: impl FnOnce(&mut Vec<Value>) -> Result<(), ApiError>,
) -> PageResult {
    let (id, version, language): (CustomerId, _, _) = (parsed(id)?, form.version()?, visit.frame.language());
    let mut scope = visit.scope();
    let before = fields::values(&scope.customers().get(id).await?);
    let mut list = before[kind.list].as_array().cloned().unwrap_or_default();
    change(&mut list)?;
    let patch = Value::Object(Map::from_iter([(kind.list.to_owned(), Value::Array(list))]));
    let outcome = match serde_json::from_value::<CustomerPatch>(patch) {
        Ok(patch) => scope.customers().update(id, patch, Some(version)).await,
        Err(_) => return Err(ApiError::new(Code::InvalidType, "the label is unknown")),
    };
    drop(scope);
    let (status, fault) = match outcome {
        Ok(_) => {
            let done = visit.query.with("done", kind.list).query();
            return Ok(see_other(visit.frame.url(&format!("{}{done}", customer_path(id)))));
        }
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, language.text("contact-stale")),
        Err(error) => {
            let fault = Faults::of(error, language)?.first().unwrap_or_default();
            (StatusCode::UNPROCESSABLE_ENTITY, fault)
        }
    };
    let open = Some(Open { list: kind.list, typed: form.0.clone(), fault, position });
    render(visit, id, State { status, points: open, ..State::default() }).await
}
