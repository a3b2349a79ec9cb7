//! Customers side by side: a row for each field that one of them has.

use crm_core::customers::{Customer, MergeCustomers};
use serde_json::{Value, json};

use super::super::custom::Definitions;
use super::super::fields;
use crate::web::Frame;

/// The fields that can be chosen, in the order in which they are shown.
const FIELDS: &[&str] = &[
    "name",
    "kind",
    "status",
    "ownerId",
    "salutation",
    "firstName",
    "middleName",
    "lastName",
    "nameSuffix",
    "organizationName",
    "jobTitle",
    "department",
    "email",
    "phone",
    "address",
    "website",
    "birthDate",
    "language",
    "timeZone",
    "industry",
    "employeeBand",
    "annualRevenue",
    "taxId",
    "lifecycleStage",
    "relationship",
    "source",
    "description",
];

/// A field of all customers.
pub(super) struct Row {
    pub name: String,
    pub label: String,
    pub cells: Vec<Cell>,
    /// Whether there is anything to choose.
    pub differs: bool,
}

/// A value of one of them.
pub(super) struct Cell {
    pub customer: String,
    pub text: String,
    pub is_chosen: bool,
}

pub(super) fn rows(
    frame: &Frame,
    definitions: &Definitions,
    customers: &[Customer],
    request: &MergeCustomers,
) -> Vec<Row> {
    let own = customers.iter().flat_map(|customer| customer.custom_fields.keys());
    let mut own: Vec<String> = own.map(|key| format!("customFields.{key}")).collect();
    own.sort_unstable();
    own.dedup();
    let names = FIELDS.iter().map(|name| (*name).to_owned()).chain(own);
    let customers: Vec<(&Customer, Value)> =
        customers.iter().map(|customer| (customer, fields::values(customer))).collect();
    names.filter_map(|name| row(frame, definitions, &customers, request, name)).collect()
}

fn row(
    frame: &Frame,
    definitions: &Definitions,
    customers: &[(&Customer, Value)],
    request: &MergeCustomers,
    name: String,
) -> Option<Row> {
    let text = |(customer, values): &(&Customer, Value)| text(frame, customer, values, &name, &value(values, &name));
    let texts: Vec<String> = customers.iter().map(text).collect();
    let filled = texts.iter().position(|text| !text.is_empty())?;
    let chosen = request.fields.get(&name);
    // Without a choice it is the first that has one; the survivor is the first of all.
    let chosen = customers.iter().position(|(customer, _)| Some(&customer.id) == chosen).unwrap_or(filled);
    let differs = texts.iter().any(|text| *text != texts[filled]);
    let cell = |(place, ((customer, _), text)): (usize, (&(&Customer, Value), String))| Cell {
        customer: customer.id.to_string(),
        text,
        is_chosen: place == chosen,
    };
    let label = label(frame, definitions, &name);
    let cells = customers.iter().zip(texts).enumerate().map(cell).collect();
    Some(Row { name, label, cells, differs })
}

/// What a customer has of a field, as choices stand for it.
fn value(values: &Value, name: &str) -> Value {
    match name.split_once('.') {
        Some((object, key)) => values[object][key].clone(),
        None if name == "address" => {
            let parts = ["address", "addressLine2", "zipCode", "city", "state", "country"];
            let parts: Vec<&str> = parts.iter().filter_map(|part| values[part].as_str()).collect();
            if parts.is_empty() { Value::Null } else { json!(parts.join(", ")) }
        }
        None => values[name].clone(),
    }
}

pub(super) fn label(frame: &Frame, definitions: &Definitions, name: &str) -> String {
    match definitions.named(name) {
        Some(field) => field.label.clone(),
        // The whole address, and not its first line.
        None if name == "address" => frame.t("merge-address"),
        None => fields::label(frame, name.strip_prefix("customFields.").unwrap_or(name)),
    }
}

/// A value in words.
pub(crate) fn text(frame: &Frame, customer: &Customer, values: &Value, name: &str, value: &Value) -> String {
    match (name, value) {
        (_, Value::Null) => String::new(),
        ("status" | "ownerId" | "employeeBand" | "lifecycleStage" | "annualRevenue", _) => {
            fields::shown(frame, customer, values, name)
        }
        ("kind", Value::String(kind)) => frame.named("kind", kind),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}
