//! The columns of the list of customers.

use actix_web::HttpResponse;
use crm_core::customers::{Customer, CustomerSort};
use crm_core::patch::Patch;
use crm_core::preferences::{ListPreferencesPatch, ListsPatch, Preferences, PreferencesPatch};
use crm_core::saved_views::ViewEntity;
use crm_core::tags::CustomerTag;
use crm_web::problem::ApiError;
use serde_json::Value;

use super::fields::{label, link, shown, values};
use super::{Choice, views};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Form, Frame, Visit, see_other};

/// The columns of those who have chosen none.
const USUAL: &[&str] = &["name", "organizationName", "email", "phone", "status", "ownerId", "tags", "updatedAt"];
/// How many columns fit on a screen.
const FEW: usize = 9;

/// The heading of a column.
pub(super) struct Column {
    pub name: &'static str,
    pub label: String,
    /// The address of the list in the order of the column, if it sorts.
    pub sort: Option<String>,
    /// `ascending` or `descending`, if the list is in its order.
    pub order: &'static str,
}

impl Column {
    pub(super) fn is_time(&self) -> bool {
        is_time(self.name)
    }
}

/// The value of a customer in a column.
pub(super) enum Cell {
    Text(String),
    Link { url: String, text: String },
    Status { value: &'static str, label: String },
    Tags(Vec<CustomerTag>),
    Time(Shown),
}

fn is_time(name: &str) -> bool {
    name.ends_with("At")
}

/// The names of the columns: those of the address, else those that the user has chosen. The name of a customer is
/// always the first.
pub(super) fn chosen(fields: &Fields, preferences: &Preferences) -> Vec<&'static str> {
    let of_user = || preferences.lists.of(ViewEntity::Customers).and_then(|list| list.columns.clone());
    let asked = fields.get("columns").map(|names| names.split(',').map(str::to_owned).collect());
    let wanted: Vec<String> = asked.or_else(of_user).unwrap_or_default();
    let known = |name: &String| ViewEntity::Customers.columns().iter().find(|known| *known == name).copied();
    let mut columns = vec!["name"];
    for name in wanted.iter().filter_map(known) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    if wanted.is_empty() { USUAL.to_vec() } else { columns }
}

/// True if the columns need more room than a screen has.
pub(super) fn is_wide(columns: &[&str]) -> bool {
    columns.len() > FEW
}

/// What can be chosen.
pub(super) fn choices(frame: &Frame, columns: &[&str]) -> Vec<Choice> {
    let others = ViewEntity::Customers.columns().iter().filter(|name| **name != "name");
    let choice = |name: &&str| Choice {
        value: (*name).to_owned(),
        label: label(frame, name),
        is_chosen: columns.contains(name),
    };
    others.map(choice).collect()
}

/// The headings.
pub(super) fn headings(frame: &Frame, fields: &Fields, sort: CustomerSort, columns: &[&'static str]) -> Vec<Column> {
    let here = frame.url("customers");
    let heading = |name: &'static str| {
        let own: Option<CustomerSort> = name.parse().ok();
        let is_active = own.is_some_and(|own| own.key == sort.key) && fields.get("q").is_none();
        // Times begin with the latest, names with A, and what is due with the next.
        let falls = if is_active { !sort.descending } else { is_time(name) && name != "nextFollowUpAt" };
        let sign = if falls { "-" } else { "" };
        Column {
            name,
            label: label(frame, name),
            sort: own.map(|_| format!("{here}{}", fields.with("sort", &format!("{sign}{name}")).query())),
            order: match (is_active, sort.descending) {
                (false, _) => "none",
                (true, true) => "descending",
                (true, false) => "ascending",
            },
        }
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
        "lastContactAt" => customer.last_contact_at,
        "nextFollowUpAt" => customer.next_follow_up_at,
        _ => None,
    };
    if let Some(time) = time {
        return Cell::Time(frame.calendar.relative(time));
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

/// Keeps the columns that a user has chosen, and shows the list with them.
pub(super) async fn choose(visit: Visit, form: Form) -> Result<HttpResponse, ApiError> {
    let state = views::state_of(&form.0).without("columns", None);
    let names: Vec<String> = std::iter::once("name").chain(form.0.all("column")).map(str::to_owned).collect();
    let columns = if form.0.get("reset").is_some() { Patch::Clear } else { Patch::Set(names) };
    let list = ListPreferencesPatch { columns, ..ListPreferencesPatch::default() };
    let lists = ListsPatch { customers: Patch::Set(list), ..ListsPatch::default() };
    let patch = PreferencesPatch { lists: Patch::Set(lists), ..PreferencesPatch::default() };
    visit.scope().preferences().update(patch, None).await?;
    Ok(see_other(format!("{}{}", visit.frame.url("customers"), state.query())))
}
