//! The columns of the list of customers.

use std::collections::HashMap;

use crm_core::custom_fields::CustomField;
use crm_core::customers::{Customer, CustomerOrder, CustomerSort};
use crm_core::{CompanyScope, Result};
use serde_json::Value;

use super::custom::{self, Definitions};
use super::fields::{link, shown, values};
use super::state::CUSTOMERS;
use crate::base::fields::Fields;
use crate::lists::{Cell, Column, CustomColumn, label};
use crate::web::{Frame, People};

/// The columns of a page, with what their cells need.
pub(super) struct Columns<'p> {
    pub frame: &'p Frame,
    pub people: &'p People,
    /// The names of the columns.
    pub names: Vec<String>,
    definitions: Definitions,
    /// The names of the customers that cells name, by their ids.
    customers: HashMap<String, String>,
}

/// The columns of custom fields.
pub(super) fn custom(definitions: &Definitions) -> Vec<CustomColumn> {
    let column = |field: &CustomField| CustomColumn { name: custom::name(field), label: field.label.clone() };
    definitions.iter().map(column).collect()
}

impl<'p> Columns<'p> {
    /// The columns of these names. Definitions are read only if a custom field is among them.
    pub(super) async fn read(
        scope: &mut CompanyScope<'_>,
        (frame, people): (&'p Frame, &'p People),
        names: Vec<String>,
        rows: &[Customer],
    ) -> Result<Self> {
        let has_custom = names.iter().any(|name| custom::is_name(name));
        let definitions = if has_custom { Definitions::read(scope).await? } else { Definitions::default() };
        let shown = |name: &String| definitions.named(name);
        let customers = Definitions::named_customers(scope, names.iter().filter_map(shown), rows).await?;
        Ok(Self { frame, people, names, definitions, customers })
    }

    /// The headings.
    pub(super) fn headings(&self, fields: &Fields, order: &CustomerOrder) -> Vec<Column> {
        let heading = |name: &String| {
            let field = self.definitions.named(name);
            let (label, sorts) = match field {
                Some(field) => (field.label.clone(), custom::sorts(field)),
                None if custom::is_name(name) => (custom::key(name).to_owned(), false),
                None => (label(self.frame, &CUSTOMERS, name), name.parse::<CustomerSort>().is_ok()),
            };
            let descending = match order {
                CustomerOrder::Field(sort) => {
                    (sort.to_string().trim_start_matches('-') == name).then_some(sort.descending)
                }
                CustomerOrder::CustomField { key, descending } => {
                    (custom::is_name(name) && custom::key(name) == key).then_some(*descending)
                }
            };
            let active = descending.filter(|_| fields.get("q").is_none());
            Column::new(self.frame, &CUSTOMERS, fields, (name, label), sorts, active)
        };
        self.names.iter().map(heading).collect()
    }

    /// The values of a customer, but for the name.
    pub(super) fn cells(&self, customer: &Customer) -> Vec<(String, Cell)> {
        let values = values(customer);
        let cell = |name: &String| match custom::is_name(name) {
            true => (name.clone(), self.custom_cell(customer, name)),
            false => (name.clone(), cell(self.frame, customer, &values, name)),
        };
        self.names.iter().skip(1).map(cell).collect()
    }

    fn custom_cell(&self, customer: &Customer, name: &str) -> Cell {
        let value = customer.custom_fields.get(custom::key(name));
        let Some(field) = self.definitions.named(name) else {
            let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            return Cell::Text(text.unwrap_or_default());
        };
        let text = custom::shown(self.frame, self.people, &self.customers, field, value);
        match custom::link(self.frame, field, value) {
            Some(url) => Cell::Link { url, text },
            None => Cell::Text(text),
        }
    }
}

fn cell(frame: &Frame, customer: &Customer, values: &Value, name: &str) -> Cell {
    let time = match name {
        "createdAt" => Some(customer.created_at),
        "updatedAt" => Some(customer.updated_at),
        "sourceCreatedAt" => customer.source_created_at,
        "lastContactAt" => customer.last_contact_at,
        "nextFollowUpAt" => customer.next_follow_up_at,
        _ => None,
    };
    if let Some(time) = time {
        return Cell::Time { shown: frame.calendar.relative(time), is_late: false };
    }
    match name {
        "status" => {
            let value = customer.status.as_str();
            Cell::Status { value, label: frame.named("status", value) }
        }
        "tags" => Cell::Tags(customer.tags.clone()),
        "kind" => Cell::Text(frame.named("kind", customer.kind.as_str())),
        "isArchived" => Cell::Text(if customer.is_archived { frame.t("yes") } else { String::new() }),
        _ => {
            let text = shown(frame, customer, values, name);
            match link(customer, name) {
                Some(url) => Cell::Link { url, text },
                None => Cell::Text(text),
            }
        }
    }
}
