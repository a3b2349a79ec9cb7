//! The columns of the list of customers.

use crm_core::customers::{Customer, CustomerSort};
use serde_json::Value;

use super::fields::{link, shown, values};
use super::state::CUSTOMERS;
use crate::base::fields::Fields;
use crate::lists::{Cell, Column};
use crate::web::Frame;

/// The headings.
pub(super) fn headings(frame: &Frame, fields: &Fields, sort: CustomerSort, columns: &[&'static str]) -> Vec<Column> {
    let heading = |name: &'static str| {
        let own: Option<CustomerSort> = name.parse().ok();
        let is_active = own.is_some_and(|own| own.key == sort.key) && fields.get("q").is_none();
        Column::new(frame, &CUSTOMERS, fields, name, own.is_some(), is_active.then_some(sort.descending))
    };
    columns.iter().copied().map(heading).collect()
}

/// The values of a customer, but for the name.
pub(super) fn cells(frame: &Frame, customer: &Customer, columns: &[&'static str]) -> Vec<(&'static str, Cell)> {
    let values = values(customer);
    columns.iter().skip(1).map(|name| (*name, cell(frame, customer, &values, name))).collect()
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
