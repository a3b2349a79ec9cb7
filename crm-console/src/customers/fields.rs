//! The fields of a customer as pages show and edit them.

use crm_core::customers::{Customer, CustomerKind, CustomerStatus};
use serde_json::Value;

use super::Choice;
use crate::web::{Frame, People};

/// How a field is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Line(&'static str),
    Choice,
}

impl Input {
    /// The type of the `<input>`.
    pub(super) const fn html(self) -> &'static str {
        match self {
            Self::Line(kind) => kind,
            Self::Choice => "text",
        }
    }
}

/// A field: its JSON name, how it is typed, where it stands, and whether only persons have it.
pub(super) struct Spec {
    pub name: &'static str,
    pub input: Input,
    pub group: &'static str,
    pub is_of_persons: bool,
    /// The value for `autocomplete`.
    pub most: u16,
}

const fn spec(name: &'static str, input: Input, group: &'static str, is_of_persons: bool, most: u16) -> Spec {
    Spec { name, input, group, is_of_persons, most }
}

/// All fields in their order.
pub(super) const SPECS: &[Spec] = &[
    spec("status", Input::Choice, "about", false, 0),
    spec("ownerId", Input::Choice, "about", false, 0),
    spec("name", Input::Line("text"), "about", false, 250),
    spec("firstName", Input::Line("text"), "about", true, 120),
    spec("lastName", Input::Line("text"), "about", true, 120),
    spec("organizationName", Input::Line("text"), "about", true, 250),
    spec("jobTitle", Input::Line("text"), "about", true, 120),
    spec("source", Input::Line("text"), "about", false, 64),
    spec("email", Input::Line("email"), "contact", false, 254),
    spec("phone", Input::Line("tel"), "contact", false, 40),
    spec("website", Input::Line("text"), "contact", false, 2048),
    spec("address", Input::Line("text"), "address", false, 250),
    spec("addressLine2", Input::Line("text"), "address", false, 250),
    spec("zipCode", Input::Line("text"), "address", false, 20),
    spec("city", Input::Line("text"), "address", false, 120),
    spec("state", Input::Line("text"), "address", false, 120),
    spec("country", Input::Line("text"), "address", false, 120),
];

/// The groups in their order.
pub(super) const GROUPS: &[&str] = &["about", "contact", "address"];

pub(super) fn spec_of(name: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.name == name)
}

/// The name of a field in message files: `organizationName` is `field-organization-name`.
pub(crate) fn label(frame: &Frame, name: &str) -> String {
    let mut text = String::from("field-");
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    frame.language().known(&text).unwrap_or_else(|| name.to_owned())
}

/// The values of a customer by their JSON names.
pub(super) fn values(customer: &Customer) -> Value {
    serde_json::to_value(customer).unwrap_or_default()
}

/// A value as it is edited.
pub(super) fn raw(values: &Value, name: &str) -> String {
    values[name].as_str().unwrap_or_default().to_owned()
}

/// A value as it is shown.
pub(super) fn shown(frame: &Frame, customer: &Customer, values: &Value, name: &str) -> String {
    match name {
        "status" => frame.named("status", customer.status.as_str()),
        "ownerId" => {
            customer.owner.as_ref().map(|owner| named(frame, owner.display_name.as_deref())).unwrap_or_default()
        }
        _ => raw(values, name),
    }
}

fn named(frame: &Frame, name: Option<&str>) -> String {
    name.map_or_else(|| frame.t("person-unknown"), str::to_owned)
}

/// Where a value leads.
pub(super) fn link(customer: &Customer, name: &str) -> Option<String> {
    match name {
        "email" => customer.email.as_ref().map(|email| format!("mailto:{email}")),
        "phone" => telephone(customer),
        "website" => {
            customer.website.as_ref().map(|site| match site.starts_with("http://") || site.starts_with("https://") {
                true => site.clone(),
                false => format!("https://{site}"),
            })
        }
        _ => None,
    }
}

/// The address for a call.
pub(super) fn telephone(customer: &Customer) -> Option<String> {
    let number = customer.phone_e164.as_ref().or(customer.phone.as_ref())?;
    let dialled: String = number.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    (!dialled.is_empty()).then(|| format!("tel:{dialled}"))
}

/// What can be chosen for a field.
pub(super) fn choices(frame: &Frame, people: &People, name: &str, value: &str) -> Vec<Choice> {
    let of = |group: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), frame.named(group, name))).collect()
    };
    let choices = match name {
        "status" => of("status", CustomerStatus::NAMES),
        "kind" => of("kind", CustomerKind::NAMES),
        "ownerId" => {
            let nobody = std::iter::once((String::new(), frame.t("owner-none")));
            nobody.chain(people.active().map(|(id, name)| (id, name.to_owned()))).collect()
        }
        _ => Vec::new(),
    };
    let choice = |(held, label): (String, String)| Choice { is_chosen: held == value, value: held, label };
    choices.into_iter().map(choice).collect()
}
