//! The list of customers. Its whole state is in the address.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{
    Customer, CustomerKind, CustomerQuery, CustomerSearch, CustomerSort, CustomerSortKey, CustomerStatus,
};
use crm_core::page::{Count, MAX_PAGE, Page, PageRequest, Position, TotalRelation};
use crm_core::tags::{Tag, TagQuery};
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;

use super::bulk::{Bar, Notice, PARAMETER};
use super::{Choice, customer_path, export};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many customers come at once.
const ROWS: u64 = 50;
const NEWEST: CustomerSort = CustomerSort { key: CustomerSortKey::UpdatedAt, descending: true };

#[derive(Template)]
#[template(path = "customers/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    total: Option<String>,
    /// The address of the rows that follow.
    more: Option<String>,
    chips: Vec<Chip>,
    /// What can be filtered by: the name in the address, and the choices.
    filters: Vec<Filter>,
    /// The order, for the form.
    sort: String,
    by_name: Heading,
    by_update: Heading,
    may_create: bool,
    /// Where the list is exported.
    export: Option<String>,
    is_first: bool,
    bulk: Bar,
    notice: Option<Notice>,
}

struct Row {
    url: String,
    customer: Customer,
    updated: Shown,
}

struct Filter {
    name: &'static str,
    choices: Vec<Choice>,
    is_single: bool,
    chosen: usize,
}

/// A filter that applies, and the address without it.
struct Chip {
    name: &'static str,
    label: String,
    without: String,
}

/// A column that sorts.
struct Heading {
    url: String,
    /// `ascending` or `descending`, if the list is in its order.
    order: &'static str,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let tags = tags(&mut scope).await?;
    // A choice that is made again begins a new list.
    let fields = visit.query.without("cursor", None).without(PARAMETER, None);
    let query = query(&fields);
    let page = read(&mut scope, &query, &visit.query).await?;
    let mut frame = visit.frame.clone().within("customers");
    frame.search = fields.text("q").to_owned();
    let filters = filters(&frame, &fields, &people, &tags);
    let here = frame.url("customers");
    let list = ListPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
        rows: page.data.into_iter().map(|customer| row(&frame, customer)).collect(),
        chips: chips(&here, &fields, &filters),
        by_name: heading(&here, &fields, query.sort, CustomerSortKey::Name),
        by_update: heading(&here, &fields, query.sort, CustomerSortKey::UpdatedAt),
        sort: fields.text("sort").to_owned(),
        export: export::address(&frame, visit.actor(), &fields),
        may_create: visit.actor().reach(Resource::Customers, Action::Create).is_some(),
        is_first: visit.query.get("cursor").is_none(),
        bulk: Bar::of(&visit, &fields, &people, &tags),
        notice: Notice::read(&mut scope, &frame, &visit.query).await?,
        filters,
        frame,
    };
    html(StatusCode::OK, &list)
}

/// The most used tags come first, in case there are more than fit.
async fn tags(scope: &mut CompanyScope<'_>) -> Result<Vec<Tag>, Error> {
    match scope.tags().list(&TagQuery::default(), &PageRequest::default().limit(MAX_PAGE)).await {
        Err(Error::Forbidden { .. }) => Ok(Vec::new()),
        page => Ok(page?.data),
    }
}

pub(super) fn query(fields: &Fields) -> CustomerQuery {
    CustomerQuery {
        kind: fields.all("kind").filter_map(|kind| kind.parse().ok()).collect(),
        status: fields.all("status").filter_map(|status| status.parse().ok()).collect(),
        owner: fields.get("owner").and_then(|owner| owner.parse().ok()),
        tag: fields.all("tag").map(str::to_owned).collect(),
        sort: fields.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or(NEWEST),
        ..CustomerQuery::default()
    }
}

async fn read(
    scope: &mut CompanyScope<'_>,
    query: &CustomerQuery,
    fields: &Fields,
) -> Result<Page<Customer>, ApiError> {
    let cursor = fields.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
    let count = if cursor.is_some() { Count::None } else { Count::Capped };
    let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
    let Some(text) = fields.get("q") else {
        return Ok(scope.customers().list(query, &request).await?);
    };
    let search = CustomerSearch { text: text.to_owned(), query: query.clone() };
    let found = scope.customers().search(&search, &request).await?;
    Ok(found.map(|found| found.customer))
}

fn total_of(frame: &Frame, total: u64, relation: Option<TotalRelation>) -> String {
    let name = if relation == Some(TotalRelation::Gte) { "customers-count-at-least" } else { "customers-count" };
    frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
}

fn row(frame: &Frame, customer: Customer) -> Row {
    let updated = frame.calendar.relative(customer.updated_at);
    Row { url: frame.url(&customer_path(customer.id)), updated, customer }
}

fn heading(here: &str, fields: &Fields, sort: CustomerSort, key: CustomerSortKey) -> Heading {
    let is_active = sort.key == key && fields.get("q").is_none();
    let (name, falling) = match key {
        CustomerSortKey::Name => ("name", is_active && !sort.descending),
        _ => ("updatedAt", !is_active || !sort.descending),
    };
    let sign = if falling { "-" } else { "" };
    let order = match (is_active, sort.descending) {
        (false, _) => "none",
        (true, true) => "descending",
        (true, false) => "ascending",
    };
    Heading { url: format!("{here}{}", fields.with("sort", &format!("{sign}{name}")).query()), order }
}

fn filters(frame: &Frame, fields: &Fields, people: &People, tags: &[Tag]) -> Vec<Filter> {
    let filter = |name: &'static str, choices: Vec<(String, String)>, is_single| {
        let choices = choices.into_iter().map(|(value, label)| {
            let is_chosen = fields.all(name).any(|held| held == value);
            Choice { value, label, is_chosen }
        });
        let choices: Vec<Choice> = choices.collect();
        Filter { name, chosen: choices.iter().filter(|choice| choice.is_chosen).count(), choices, is_single }
    };
    let named = |group: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), frame.named(group, name))).collect()
    };
    let fixed = ["me", "none"].map(|name| (name.to_owned(), frame.named("owner", name)));
    let owners = fixed.into_iter().chain(people.active().map(|(id, name)| (id, name.to_owned())));
    let tags = tags.iter().map(|tag| (tag.name.clone(), tag.name.clone()));
    [
        filter("status", named("status", CustomerStatus::NAMES), false),
        filter("kind", named("kind", CustomerKind::NAMES), false),
        filter("owner", owners.collect(), true),
        filter("tag", tags.collect(), false),
    ]
    .into_iter()
    .filter(|filter| !filter.choices.is_empty())
    .collect()
}

fn chips(here: &str, fields: &Fields, filters: &[Filter]) -> Vec<Chip> {
    let without = |name, value: &str| format!("{here}{}", fields.without(name, Some(value)).query());
    let text = fields.get("q").map(|text| Chip { name: "q", label: text.to_owned(), without: without("q", text) });
    let chosen = filters.iter().flat_map(|filter| {
        let chosen = filter.choices.iter().filter(|choice| choice.is_chosen);
        chosen.map(|choice| Chip {
            name: filter.name,
            label: choice.label.clone(),
            without: without(filter.name, &choice.value),
        })
    });
    text.into_iter().chain(chosen).collect()
}
