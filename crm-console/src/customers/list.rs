//! The list of customers. Its whole state is in the address.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::CompanyScope;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{Customer, CustomerKind, CustomerSearch, CustomerSort, CustomerSortKey, CustomerStatus};
use crm_core::page::{Count, Page, PageRequest, Position, TotalRelation};
use crm_web::problem::{ApiError, Code};

use super::bulk::{Bar, Notice, PARAMETER};
use super::columns::{self, Columns};
use super::custom::Definitions;
use super::page::tag_names;
use super::state::CUSTOMERS;
use super::{Choice, customer_path, export, state};
use crate::base::fields::Fields;
use crate::lists::{Cell, Column, CustomColumn, Filter, List, Listed, Saved, Views};
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
    /// What the form keeps beside the filters.
    kept: Vec<(String, String)>,
    columns: Vec<Column>,
    is_wide: bool,
    views: Views,
    /// The address of all customers.
    all: String,
    may_create: bool,
    /// The formats in which the list is exported, and where.
    exports: Vec<(&'static str, String)>,
    is_first: bool,
    bulk: Bar,
    notice: Option<Notice>,
}

struct Row {
    url: String,
    customer: Customer,
    cells: Vec<(String, Cell)>,
}

/// A filter that applies, and the address without it.
struct Chip {
    name: &'static str,
    label: String,
    without: String,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    // A choice that is made again begins a new list.
    let fields = visit.query.without("cursor", None).without(PARAMETER, None);
    Customers::page(&visit, &fields, None, StatusCode::OK).await
}

/// The list of customers.
pub(super) struct Customers;

impl Listed for Customers {
    const LIST: &'static List = &CUSTOMERS;

    async fn custom_columns(visit: &Visit) -> Result<Vec<CustomColumn>, ApiError> {
        Ok(columns::custom(&Definitions::read(&mut visit.scope()).await?))
    }

    async fn page(visit: &Visit, fields: &Fields, fault: Option<String>, status: StatusCode) -> PageResult {
        let mut scope = visit.scope();
        let people = People::read(&mut scope).await?;
        let tags = tag_names(&mut scope).await?;
        let saved = Saved::read(&mut scope, &CUSTOMERS, &visit.preferences).await?;
        let first = saved.first(visit, &CUSTOMERS, fields);
        let fields = first.as_ref().unwrap_or(fields);
        let mut search = state::search_of(fields);
        search.query.sort = fields.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or(NEWEST.into());
        let page = match read(&mut scope, &search, &visit.query).await {
            // The custom field of an address that was kept has no index any more.
            Err(error) if error.code() == Code::SortInvalid => {
                search.query.sort = NEWEST.into();
                read(&mut scope, &search, &visit.query).await?
            }
            page => page?,
        };
        let mut frame = visit.frame.clone().within("customers");
        frame.search = fields.text("q").to_owned();
        let filters = filters(&frame, fields, &people, &tags);
        let here = frame.url("customers");
        // Without anything in the address, the list begins with a view that the user has chosen.
        let all = if saved.has_default() { format!("{here}?view=all") } else { here.clone() };
        let names = CUSTOMERS.columns_of(fields, &visit.preferences);
        let shown = Columns::read(&mut scope, (&frame, &people), names, &page.data).await?;
        let mut views = saved.shown(visit, &CUSTOMERS, fields, fault);
        let is_chosen = views.open.is_none();
        views.parts = vec![Choice { value: all.clone(), label: frame.t("views-all"), is_chosen }];
        let list = ListPage {
            more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
            total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
            rows: page.data.into_iter().map(|customer| row(&frame, customer, &shown)).collect(),
            chips: chips(&frame, fields, &filters, &all),
            columns: shown.headings(fields, &search.query.sort),
            is_wide: shown.names.len() > CUSTOMERS.few,
            kept: kept(fields, &filters),
            exports: export::addresses(&frame, visit.actor(), fields),
            may_create: visit.actor().reach(Resource::Customers, Action::Create).is_some(),
            is_first: visit.query.get("cursor").is_none(),
            views,
            all,
            bulk: Bar::of(visit, fields, &people, &tags),
            notice: Notice::read(&mut scope, &frame, &visit.query).await?,
            filters,
            frame,
        };
        html(status, &list)
    }
}

async fn read(
    scope: &mut CompanyScope<'_>,
    search: &CustomerSearch,
    fields: &Fields,
) -> Result<Page<Customer>, ApiError> {
    let cursor = fields.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
    let count = if cursor.is_some() { Count::None } else { Count::Capped };
    let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
    if search.text.is_empty() {
        return Ok(scope.customers().list(&search.query, &request).await?);
    }
    let found = scope.customers().search(search, &request).await?;
    Ok(found.map(|found| found.customer))
}

fn total_of(frame: &Frame, total: u64, relation: Option<TotalRelation>) -> String {
    let name = if relation == Some(TotalRelation::Gte) { "customers-count-at-least" } else { "customers-count" };
    frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
}

fn row(frame: &Frame, customer: Customer, columns: &Columns<'_>) -> Row {
    let cells = columns.cells(&customer);
    Row { url: frame.url(&customer_path(customer.id)), cells, customer }
}

fn filters(frame: &Frame, fields: &Fields, people: &People, tags: &[String]) -> Vec<Filter> {
    let label = |name: &str| frame.named("filter", name);
    let chosen = |name: &'static str, choices: Vec<(String, String)>| -> Vec<Choice> {
        let choice = |(value, label): (String, String)| {
            let is_chosen = fields.all(name).any(|held| held == value);
            Choice { value, label, is_chosen }
        };
        choices.into_iter().map(choice).collect()
    };
    let many = |name: &'static str, choices| Filter::many(name, label(name), chosen(name, choices));
    let any = || Choice { value: String::new(), label: frame.t("filter-any"), is_chosen: false };
    let single = |name: &'static str, choices| Filter::single(name, label(name), any(), chosen(name, choices));
    let named = |group: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), frame.named(group, name))).collect()
    };
    let fixed = ["me", "none"].map(|name| (name.to_owned(), frame.named("owner", name)));
    let owners = fixed.into_iter().chain(people.active().map(|(id, name)| (id, name.to_owned())));
    let due = [("now", "now"), ("now+7d", "week"), ("now+30d", "month")];
    let due = due.into_iter().map(|(value, name)| (value.to_owned(), frame.named("follow-up-before", name)));
    let tags = tags.iter().map(|tag| (tag.clone(), tag.clone()));
    [
        many("status", named("status", CustomerStatus::NAMES)),
        many("kind", named("kind", CustomerKind::NAMES)),
        single("owner", owners.collect()),
        many("tag", tags.collect()),
        single("lastContactBefore", named("contact-before", &["now-30d", "now-90d", "now-180d"])),
        single("nextFollowUpBefore", due.collect()),
    ]
    .into_iter()
    .filter(|filter| !filter.choices.is_empty())
    .collect()
}

/// What the form has no input for: the order, the view, the columns, and filters that come from views.
fn kept(fields: &Fields, filters: &[Filter]) -> Vec<(String, String)> {
    let is_input = |name: &str, value: &str| {
        let filter = filters.iter().find(|filter| filter.name == name);
        name == "q" || filter.is_some_and(|filter| filter.choices.iter().any(|choice| choice.value == value))
    };
    let others = fields.pairs().filter(|(name, value)| !is_input(name, value.trim()));
    others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn chips(frame: &Frame, fields: &Fields, filters: &[Filter], all: &str) -> Vec<Chip> {
    let here = frame.url("customers");
    let chip = |name: &'static str, value: &str| {
        let filter = filters.iter().find(|filter| filter.name == name);
        let choice = filter.and_then(|filter| filter.choices.iter().find(|choice| choice.value == value));
        let label = choice.map_or_else(|| value.to_owned(), |choice| choice.label.clone());
        let label = if name == "filter" { frame.t("filter-conditions") } else { label };
        let without = fields.without(name, Some(value)).query();
        Chip { name, label, without: if without.is_empty() { all.to_owned() } else { format!("{here}{without}") } }
    };
    CUSTOMERS
        .parameters()
        .flat_map(|name| fields.all(name).map(move |value| (name, value)))
        .map(|(name, value)| chip(name, value))
        .collect()
}
