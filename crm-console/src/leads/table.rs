//! All leads as a list.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::CustomerKind;
use crm_core::ids::LeadId;
use crm_core::leads::Lead;
use crm_core::page::{Count, PageRequest, Position, TotalRelation};
use crm_web::problem::ApiError;

use super::columns::{self, Cells};
use super::state::{self, LEADS};
use super::statuses::Statuses;
use super::{SECTION, board, card, path};
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::deals::hidden;
use crate::lists::{Cell, Column, CustomColumn, Filter, List, Listed, Saved, Views};
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many leads come at once.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "leads/table.html")]
struct TablePage {
    frame: Frame,
    views: Views,
    forms: Vec<Choice>,
    filters: Vec<Filter>,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    text: String,
    chips: Vec<Chip>,
    total: Option<String>,
    columns: Vec<Column>,
    is_wide: bool,
    rows: Vec<Row>,
    more: Option<String>,
    add: Option<String>,
    /// The address of all leads.
    all: String,
    here: String,
    is_first: bool,
}

struct Row {
    id: LeadId,
    name: String,
    url: String,
    cells: Vec<(String, Cell)>,
}

/// A filter that applies, and the address without it.
struct Chip {
    name: &'static str,
    label: String,
    without: String,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let fields = visit.query.without("cursor", None);
    Leads::page(&visit, &fields, None, StatusCode::OK).await
}

/// The list of leads.
pub(super) struct Leads;

impl Listed for Leads {
    const LIST: &'static List = &LEADS;

    async fn custom_columns(_visit: &Visit) -> Result<Vec<CustomColumn>, ApiError> {
        Ok(Vec::new())
    }

    async fn page(visit: &Visit, fields: &Fields, fault: Option<String>, status: StatusCode) -> PageResult {
        let mut scope = visit.scope();
        let saved = Saved::read(&mut scope, &LEADS, &visit.preferences).await?;
        let first = saved.first(visit, &LEADS, fields);
        let fields = first.as_ref().unwrap_or(fields);
        let query = state::listed(fields);
        let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
        let is_first = cursor.is_none();
        let count = if is_first { Count::Capped } else { Count::None };
        let page = scope.leads().list(&query, &PageRequest::new(cursor, Some(ROWS), Some(count))?).await?;
        let statuses = Statuses::read(&mut scope).await?;
        let people = People::read(&mut scope).await?;
        let frame = visit.frame.clone().within(SECTION);
        let here = frame.url(LEADS.path);
        let all = if saved.has_default() { format!("{here}?view=all") } else { here.clone() };
        let shown = LEADS.columns_of(fields, &visit.preferences);
        let mut views = saved.shown(visit, &LEADS, fields, fault);
        let is_chosen = views.open.is_none();
        views.parts = vec![Choice { value: all.clone(), label: frame.t("leads-all"), is_chosen }];
        let filters = filters(&frame, fields, &people, &statuses);
        let cells = Cells { frame: &frame, columns: &shown };
        let back = card::back(&format!("{here}{}", fields.query()));
        let list = TablePage {
            rows: page.data.iter().map(|lead| row(&frame, lead, &cells)).collect(),
            more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
            total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
            forms: forms(&frame, &state::of_board(fields), false),
            kept: hidden(fields, &filters),
            text: fields.text("q").to_owned(),
            chips: chips(&frame, fields, &filters, &all),
            columns: columns::headings(&frame, fields, query.sort, &shown),
            is_wide: shown.len() > LEADS.few,
            add: visit.actor().reach(Resource::Leads, Action::Create).map(|_| frame.url("leads/new") + &back),
            is_first,
            filters,
            views,
            all,
            here,
            frame,
        };
        html(status, &list)
    }
}

/// The board and the list, with what narrows the one that is shown.
pub(super) fn forms(frame: &Frame, kept: &Fields, is_board: bool) -> Vec<Choice> {
    let form = |(path, name, is_chosen): (&str, &str, bool)| Choice {
        value: format!("{}{}", frame.url(path), kept.query()),
        label: frame.named("deals-as", name),
        is_chosen,
    };
    [(SECTION, "board", is_board), (LEADS.path, "table", !is_board)].map(form).into()
}

fn row(frame: &Frame, lead: &Lead, cells: &Cells<'_>) -> Row {
    Row { id: lead.id, name: lead.name.clone(), url: frame.url(&path(lead.id)), cells: cells.of(lead) }
}

fn total_of(frame: &Frame, total: u64, relation: Option<TotalRelation>) -> String {
    let name = if relation == Some(TotalRelation::Gte) { "leads-count-at-least" } else { "leads-count" };
    frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
}

fn filters(frame: &Frame, fields: &Fields, people: &People, statuses: &Statuses) -> Vec<Filter> {
    let chosen = |name: &'static str, choices: Vec<(String, String)>| -> Vec<Choice> {
        let choice = |(value, label): (String, String)| {
            let is_chosen = fields.all(name).any(|held| held == value);
            Choice { value, label, is_chosen }
        };
        choices.into_iter().map(choice).collect()
    };
    let label = |name: &str| frame.named("leads-filter", name);
    let any = || Choice { value: String::new(), label: frame.t("filter-any"), is_chosen: false };
    let many = |name: &'static str, choices| Filter::many(name, label(name), chosen(name, choices));
    let single = |name: &'static str, choices| Filter::single(name, label(name), any(), chosen(name, choices));
    let of_status = statuses.0.iter().map(|status| (status.code.clone(), status.name.clone()));
    let kinds = CustomerKind::NAMES.iter().map(|name| ((*name).to_owned(), frame.named("kind", name)));
    let fixed = ["me", "none"].map(|name| (name.to_owned(), frame.named("owner", name)));
    let owners = fixed.into_iter().chain(people.active().map(|(id, name)| (id, name.to_owned())));
    let only = |name: &str| vec![("true".to_owned(), frame.named("leads-only", name))];
    let mut filters = vec![
        many("status", of_status.collect()),
        board::ratings(frame, fields),
        single("owner", owners.collect()),
        many("kind", kinds.collect()),
        single("isArchived", only("isArchived")),
        single("converted", only("converted")),
    ];
    filters.retain(|filter| !filter.choices.is_empty());
    filters
}

fn chips(frame: &Frame, fields: &Fields, filters: &[Filter], all: &str) -> Vec<Chip> {
    let here = frame.url(LEADS.path);
    let chip = |name: &'static str, value: &str| {
        let filter = filters.iter().find(|filter| filter.name == name);
        let choice = filter.and_then(|filter| filter.choices.iter().find(|choice| choice.value == value));
        let label = match (choice, name) {
            (Some(choice), _) => choice.label.clone(),
            (None, "statusType") => frame.named("lead-type", value),
            (None, "filter") => frame.t("filter-conditions"),
            (None, _) => value.to_owned(),
        };
        let without = fields.without(name, Some(value)).query();
        Chip { name, label, without: if without.is_empty() { all.to_owned() } else { format!("{here}{without}") } }
    };
    LEADS
        .parameters()
        .flat_map(|name| fields.all(name).map(move |value| (name, value)))
        .map(|(name, value)| chip(name, value))
        .collect()
}
