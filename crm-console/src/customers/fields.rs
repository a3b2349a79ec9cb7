//! The fields of a customer as pages show and edit them.

use crm_core::customers::{Customer, CustomerKind, CustomerStatus, EmployeeBand, LifecycleStage};
use crm_core::money::Money;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Choice;
use crate::web::{Frame, People};

/// How a field is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Line(&'static str),
    /// Several lines.
    Block,
    Choice,
}

impl Input {
    /// The type of the `<input>`.
    pub(super) const fn html(self) -> &'static str {
        match self {
            Self::Line(kind) => kind,
            Self::Block | Self::Choice => "text",
        }
    }
}

/// A field: its JSON name, how it is typed, where it stands, and the only kind of customers that has it.
pub(super) struct Spec {
    pub name: &'static str,
    pub input: Input,
    pub group: &'static str,
    pub kind: Option<CustomerKind>,
    /// The most characters.
    pub most: u16,
}

const fn spec(name: &'static str, input: Input, group: &'static str, most: u16) -> Spec {
    Spec { name, input, group, kind: None, most }
}

const fn of_persons(name: &'static str, input: Input, group: &'static str, most: u16) -> Spec {
    Spec { kind: Some(CustomerKind::Person), ..spec(name, input, group, most) }
}

const fn of_organizations(name: &'static str, input: Input, group: &'static str, most: u16) -> Spec {
    Spec { kind: Some(CustomerKind::Organization), ..spec(name, input, group, most) }
}

const TEXT: Input = Input::Line("text");

/// All fields in their order.
pub(super) const SPECS: &[Spec] = &[
    spec("status", Input::Choice, "about", 0),
    spec("ownerId", Input::Choice, "about", 0),
    spec("name", TEXT, "about", 250),
    of_persons("firstName", TEXT, "about", 120),
    of_persons("lastName", TEXT, "about", 120),
    of_persons("organizationName", TEXT, "about", 250),
    of_persons("jobTitle", TEXT, "about", 120),
    spec("source", TEXT, "about", 64),
    spec("description", Input::Block, "about", 2000),
    spec("email", Input::Line("email"), "contact", 254),
    spec("phone", Input::Line("tel"), "contact", 40),
    spec("website", TEXT, "contact", 2048),
    spec("address", TEXT, "address", 250),
    spec("addressLine2", TEXT, "address", 250),
    spec("zipCode", TEXT, "address", 20),
    spec("city", TEXT, "address", 120),
    spec("state", TEXT, "address", 120),
    spec("country", TEXT, "address", 120),
    of_persons("salutation", TEXT, MORE, 40),
    of_persons("middleName", TEXT, MORE, 120),
    of_persons("nameSuffix", TEXT, MORE, 40),
    of_persons("department", TEXT, MORE, 120),
    of_persons("birthDate", Input::Line("date"), MORE, 0),
    spec("lifecycleStage", Input::Choice, MORE, 0),
    spec("relationship", TEXT, MORE, 64),
    spec("industry", TEXT, MORE, 120),
    of_organizations("employeeBand", Input::Choice, MORE, 0),
    spec("annualRevenue", TEXT, MORE, 40),
    spec("taxId", TEXT, MORE, 64),
    spec("language", TEXT, MORE, 35),
    spec("timeZone", TEXT, MORE, 64),
];

/// The group that is folded up until it has a value.
pub(super) const MORE: &str = "more";
/// The groups in their order.
pub(super) const GROUPS: &[&str] = &["about", "contact", "address", MORE];

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
pub(crate) fn values(customer: &Customer) -> Value {
    serde_json::to_value(customer).unwrap_or_default()
}

/// A value as it is edited.
pub(super) fn raw(values: &Value, name: &str) -> String {
    match Money::deserialize(&values[name]) {
        Ok(money) => money.to_string(),
        Err(_) => values[name].as_str().unwrap_or_default().to_owned(),
    }
}

/// What is typed for a field, as JSON.
pub(super) fn typed(name: &str, text: &str) -> Value {
    match (name, text.parse::<Money>()) {
        ("annualRevenue", Ok(money)) => json!(money),
        _ => text.into(),
    }
}

/// A value as it is shown.
pub(super) fn shown(frame: &Frame, customer: &Customer, values: &Value, name: &str) -> String {
    match name {
        "status" => frame.named("status", customer.status.as_str()),
        "ownerId" => {
            customer.owner.as_ref().map(|owner| named(frame, owner.display_name.as_deref())).unwrap_or_default()
        }
        "employeeBand" | "lifecycleStage" => match raw(values, name).as_str() {
            "" => String::new(),
            value => frame.named(group_of(name), value),
        },
        _ => raw(values, name),
    }
}

/// The names of the values in message files.
fn group_of(name: &str) -> &'static str {
    if name == "employeeBand" { "employee-band" } else { "lifecycle-stage" }
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
    dialled(customer.phone_e164.as_ref().or(customer.phone.as_ref())?)
}

/// The address for a call of a number.
pub(crate) fn dialled(number: &str) -> Option<String> {
    let dialled: String = number.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    (!dialled.is_empty()).then(|| format!("tel:{dialled}"))
}

/// What can be chosen for a field.
pub(super) fn choices(frame: &Frame, people: &People, name: &str, value: &str) -> Vec<Choice> {
    let of = |group: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), frame.named(group, name))).collect()
    };
    let optional =
        |choices: Vec<(String, String)>| [(String::new(), "–".to_owned())].into_iter().chain(choices).collect();
    let choices = match name {
        "status" => of("status", CustomerStatus::NAMES),
        "kind" => of("kind", CustomerKind::NAMES),
        "employeeBand" => optional(of(group_of(name), EmployeeBand::NAMES)),
        "lifecycleStage" => optional(of(group_of(name), LifecycleStage::NAMES)),
        "ownerId" => {
            let nobody = std::iter::once((String::new(), frame.t("owner-none")));
            nobody.chain(people.active().map(|(id, name)| (id, name.to_owned()))).collect()
        }
        _ => Vec::new(),
    };
    let choice = |(held, label): (String, String)| Choice { is_chosen: held == value, value: held, label };
    choices.into_iter().map(choice).collect()
}
