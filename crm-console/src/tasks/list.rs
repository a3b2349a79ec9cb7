//! All tasks as a list.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::page::{Count, PageRequest, Position, TotalRelation};
use crm_core::tasks::{Task, TaskPriority, TaskStatus, TaskType};
use crm_web::problem::ApiError;

use super::columns::{self, Cells};
use super::row::Row;
use super::state::{State, TASKS, View};
use super::whose;
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::interactions::{customer_names, pick_customer};
use crate::lists::{Cell, Column, CustomColumn, Filter, List, Listed, Saved, Views};
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many tasks come at once.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "tasks/list.html")]
struct ListPage {
    frame: Frame,
    /// The parts of the tasks, and saved views.
    views: Views,
    /// Mine, everybody's or nobody's; and list, agenda or calendar: the address, and the label.
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    filters: Vec<Filter>,
    /// What is searched for.
    text: String,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    chips: Vec<(&'static str, String, String)>,
    pick_customer: String,
    total: Option<String>,
    rows: Vec<(Row, Vec<(String, Cell)>)>,
    columns: Vec<Column>,
    is_wide: bool,
    /// True if the list shows less than the part of the tasks.
    is_narrowed: bool,
    /// The address of the list, without a place in it.
    list_url: String,
    view: View,
    more: Option<String>,
    add: Option<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    Tasks::page(&visit, &visit.query, None, StatusCode::OK).await
}

/// A customer is looked for, to whose tasks the list is narrowed. The words of the list are not those of this search.
pub(super) async fn pick(visit: Visit) -> PageResult {
    let kept = visit.query.without("q", None).without("customer", None);
    let back = visit.frame.url(&format!("tasks{}", kept.query()));
    pick_customer(visit, "tasks/customer", "tasks", &kept, back, false).await
}

/// The list of tasks.
pub(super) struct Tasks;

impl Listed for Tasks {
    const LIST: &'static List = &TASKS;

    async fn custom_columns(_visit: &Visit) -> Result<Vec<CustomColumn>, ApiError> {
        Ok(Vec::new())
    }

    async fn page(visit: &Visit, fields: &Fields, fault: Option<String>, status: StatusCode) -> PageResult {
        let mut scope = visit.scope();
        let saved = Saved::read(&mut scope, &TASKS, &visit.preferences).await?;
        let first = saved.first(visit, &TASKS, fields);
        let state = State::of(visit, first.as_ref().unwrap_or(fields));
        let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
        let count = if cursor.is_some() { Count::None } else { Count::Capped };
        let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
        let page = scope.tasks().list(&state.query, &request).await?;
        let shown = TASKS.columns_of(&state.fields, &visit.preferences);
        let of_tasks = page.data.iter().filter_map(|task| task.customer_id);
        let names = customer_names(&mut scope, of_tasks.chain(state.customer)).await?;
        let people = People::read(&mut scope).await?;
        let frame = visit.frame.clone().within("tasks");
        let here = format!("{}{}", frame.url("tasks"), state.fields.query());
        let more = page.next_cursor.as_deref();
        let more = more.map(|cursor| format!("{}{}", frame.url("tasks"), state.fields.with("cursor", cursor).query()));
        let cells = Cells { visit, names: &names, columns: &shown };
        let row = |task: &Task| (Row::of(visit, task, &names, &here), cells.of(task));
        let customer = state.customer.map(|id| names.get(&id).cloned().unwrap_or_else(|| id.to_string()));
        let given = state.customer.map(|id| Fields::default().with("customer", &id.to_string())).unwrap_or_default();
        let (filters, chips) = (filters(&frame, &state, &people), chips(&frame, &state, &people, customer));
        let list = ListPage {
            views: views(visit, saved, &state, fault),
            whose: whose::choices(&frame, "tasks", &state.fields, &state.assignee),
            forms: whose::forms(&frame, &state.assignee, "list"),
            kept: kept(&state, &filters),
            pick_customer: format!("{}{}", frame.url("tasks/customer"), state.fields.without("q", None).query()),
            total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
            rows: page.data.iter().map(row).collect(),
            columns: columns::headings(&frame, &state, &shown),
            is_wide: shown.len() > TASKS.few,
            is_narrowed: state.has_text() || !chips.is_empty(),
            add: whose::add(visit, &here, given),
            text: state.fields.text("q").to_owned(),
            list_url: here,
            view: state.view,
            filters,
            chips,
            more,
            frame,
        };
        html(status, &list)
    }
}

fn total_of(frame: &Frame, total: u64, relation: Option<TotalRelation>) -> String {
    let is_more = relation == Some(TotalRelation::Gte);
    let name = if is_more { "tasks-count-at-least" } else { "tasks-count" };
    frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
}

/// The parts that everybody has stand before the saved views.
fn views(visit: &Visit, saved: Saved, state: &State, fault: Option<String>) -> Views {
    let (frame, here) = (&visit.frame, visit.frame.url("tasks"));
    let mut views = saved.shown(visit, &TASKS, &state.whole, fault);
    // Each part has an order of its own. What narrows a saved view belongs to it alone.
    let kept = if views.open.is_none() { state.fields.without("sort", None) } else { Fields::default() };
    let part = |part: View| Choice {
        value: format!("{here}{}", kept.with("view", part.name()).query()),
        label: frame.named("tasks-view", part.name()),
        is_chosen: part == state.view && views.open.is_none(),
    };
    views.parts = View::ALL.into_iter().map(part).collect();
    views.columns = Some(format!("{here}/columns{}", state.fields.query()));
    views
}

fn filters(frame: &Frame, state: &State, people: &People) -> Vec<Filter> {
    let many = |name: &'static str, group: &str, names: &[&str]| {
        let choice = |value: &&str| Choice {
            value: (*value).to_owned(),
            label: frame.named(group, value),
            is_chosen: state.fields.all(name).any(|held| held == *value),
        };
        Filter::many(name, frame.named("field", name), names.iter().map(choice).collect())
    };
    let assignee = |(value, label): (String, String)| Choice { is_chosen: value == state.assignee, value, label };
    let named = |name: &str| (name.to_owned(), frame.named("tasks-whose", name));
    let users = people.active().map(|(id, name)| (id, name.to_owned()));
    let assignees = ["me", "none"].map(named).into_iter().chain(users).map(assignee);
    let any = assignee(named(whose::EVERYBODY));
    let mut assignees = Filter::single("assignee", frame.t("field-assignee-id"), any, assignees.collect());
    // Mine are what most people begin with.
    assignees.chosen = usize::from(!matches!(state.assignee.as_str(), whose::EVERYBODY | "me"));
    let priorities = many("priority", "task-priority", TaskPriority::NAMES);
    let mut filters = vec![many("type", "task-type", TaskType::NAMES), priorities, assignees];
    // The other parts are of a status already.
    if state.view == View::All {
        filters.insert(1, many("status", "task-status", TaskStatus::NAMES));
    }
    filters
}

/// The filters and the words are in the form; the rest goes with it.
fn kept(state: &State, filters: &[Filter]) -> Vec<(String, String)> {
    let in_form = |name: &str| name == "q" || filters.iter().any(|filter| filter.name == name);
    let kept = state.fields.pairs().filter(|(name, _)| !in_form(name));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The filters that apply: name, value, and the address without it.
fn chips(
    frame: &Frame,
    state: &State,
    people: &People,
    customer: Option<String>,
) -> Vec<(&'static str, String, String)> {
    let here = frame.url("tasks");
    let is_assignee = !matches!(state.assignee.as_str(), whose::EVERYBODY | "me");
    let chip = |name: &'static str, value: &str| {
        let label = match name {
            // The words stand in the form.
            "q" => return None,
            "customer" => customer.clone()?,
            "type" | "status" | "priority" => frame.named(&format!("task-{name}"), value),
            "assignee" => match value.parse().ok().and_then(|id| people.name(id)) {
                Some(name) => name.to_owned(),
                None if is_assignee => frame.named("tasks-whose", value),
                None => return None,
            },
            "collaborator" => match value.parse().ok().and_then(|id| people.name(id)) {
                Some(name) => name.to_owned(),
                None => frame.named("tasks-whose", value),
            },
            // They come from a saved view, which has a name.
            "deal" | "parent" => frame.t("tasks-filter-chosen"),
            "overdue" => frame.t(if value == "true" { "yes" } else { "no" }),
            "filter" => frame.t("filter-conditions"),
            _ => value.to_owned(),
        };
        let without = match name {
            "assignee" => state.fields.with("assignee", whose::EVERYBODY),
            _ => state.fields.without(name, Some(value)),
        };
        Some((name, label, format!("{here}{}", without.query())))
    };
    let given = TASKS.parameters().flat_map(|name| state.fields.all(name).map(move |value| (name, value)));
    given.filter_map(|(name, value)| chip(name, value)).collect()
}
