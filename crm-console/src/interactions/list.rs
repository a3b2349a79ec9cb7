//! All interactions, by day or as a list.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::NaiveDate;
use crm_core::actor::{Action, Resource};
use crm_core::interactions::{Interaction, InteractionStatus, InteractionType};
use crm_core::page::{Count, PageRequest, Position, TotalRelation};
use crm_web::problem::ApiError;

use super::columns::{self, Cells};
use super::names::customer_names;
use super::participants;
use super::row::Row;
use super::state::{INTERACTIONS, State, View};
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::lists::{Cell, Column, CustomColumn, Filter, List, Listed, Saved, Views};
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many interactions come at once.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "interactions/list.html")]
struct ListPage {
    frame: Frame,
    /// The parts of the interactions, and saved views.
    views: Views,
    /// Mine or everybody's, and by day or as a list: the address, and the label.
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    filters: Vec<Filter>,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    chips: Vec<(&'static str, String, String)>,
    pick_customer: String,
    total: Option<String>,
    days: Vec<Day>,
    rows: Vec<(Row, Vec<(String, Cell)>)>,
    columns: Vec<Column>,
    is_wide: bool,
    is_agenda: bool,
    /// The address of the list, without a place in it.
    list_url: String,
    view: View,
    more: Option<String>,
    add: Option<String>,
}

struct Day {
    /// None if the page before this one ended on the same day.
    heading: Option<String>,
    key: NaiveDate,
    rows: Vec<Row>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    Interactions::page(&visit, &visit.query, None, StatusCode::OK).await
}

/// The list of interactions.
pub(super) struct Interactions;

impl Listed for Interactions {
    const LIST: &'static List = &INTERACTIONS;

    async fn custom_columns(_visit: &Visit) -> Result<Vec<CustomColumn>, ApiError> {
        Ok(Vec::new())
    }

    async fn page(visit: &Visit, fields: &Fields, fault: Option<String>, status: StatusCode) -> PageResult {
        let mut scope = visit.scope();
        let saved = Saved::read(&mut scope, &INTERACTIONS, &visit.preferences).await?;
        let first = saved.first(visit, &INTERACTIONS, fields);
        let state = State::of(visit, first.as_ref().unwrap_or(fields));
        let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
        let count = if cursor.is_some() { Count::None } else { Count::Capped };
        let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
        let page = scope.all_interactions().list(&state.query, &request).await?;
        let shown = INTERACTIONS.columns_of(&state.fields, &visit.preferences);
        let names = customer_names(&mut scope, page.data.iter().flat_map(customers_of).chain(state.customer)).await?;
        let people = People::read(&mut scope).await?;
        let frame = visit.frame.clone().within("interactions");
        let here = format!("{}{}", frame.url("interactions"), state.fields.query());
        let mut rows: Vec<(NaiveDate, Row)> = Vec::new();
        for interaction in &page.data {
            let day = frame.calendar.date(interaction.occurred_at);
            rows.push((day, Row::of(visit, interaction, &names, &here)));
        }
        let last = rows.last().map(|(day, _)| *day);
        let more = page.next_cursor.as_deref().map(|cursor| {
            let next = state.fields.with("cursor", cursor);
            let next = last.filter(|_| state.is_agenda).map(|day| next.with("day", &day.to_string())).unwrap_or(next);
            format!("{}{}", frame.url("interactions"), next.query())
        });
        let (mut days, mut flat) = (Vec::new(), Vec::new());
        if state.is_agenda {
            days = by_day(&frame, rows, visit.query.text("day").parse().ok());
        } else {
            let cells = Cells { frame: &frame, people: &people, names: &names, columns: &shown };
            let cells = page.data.iter().map(|interaction| cells.of(interaction));
            flat = rows.into_iter().map(|(_, row)| row).zip(cells).collect();
        }
        let customer = state.customer.map(|id| names.get(&id).cloned().unwrap_or_else(|| id.to_string()));
        let add = visit.actor().reach(Resource::Interactions, Action::Create).map(|_| frame.url("interactions/new"));
        let filters = filters(&frame, &state, &people);
        let list = ListPage {
            views: views(visit, saved, &state, fault),
            whose: links(&frame, &state, "owner", "whose", &state.owner, &["me", "all"]),
            forms: links(&frame, &state, "as", "as", if state.is_agenda { "days" } else { "list" }, &["days", "list"]),
            kept: kept(&state, &filters),
            chips: chips(&frame, &state, &people, customer),
            pick_customer: format!("{}{}", frame.url("interactions/customer"), state.fields.query()),
            total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
            columns: columns::headings(&frame, &state, &shown),
            is_wide: shown.len() > INTERACTIONS.few,
            is_agenda: state.is_agenda,
            list_url: here.clone(),
            view: state.view,
            filters,
            days,
            rows: flat,
            more,
            add,
            frame,
        };
        html(status, &list)
    }
}

/// The customers that a row names: its own, and the first participant.
fn customers_of(interaction: &Interaction) -> impl Iterator<Item = crm_core::ids::CustomerId> {
    let first = &interaction.participants[..interaction.participants.len().min(1)];
    participants::customers(first).chain([interaction.customer_id])
}

fn by_day(frame: &Frame, rows: Vec<(NaiveDate, Row)>, before: Option<NaiveDate>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for (key, row) in rows {
        match days.last_mut().filter(|day| day.key == key) {
            Some(day) => day.rows.push(row),
            None => {
                let heading = (before != Some(key)).then(|| frame.calendar.heading(key));
                days.push(Day { heading, key, rows: vec![row] });
            }
        }
    }
    days
}

fn total_of(frame: &Frame, total: u64, relation: Option<TotalRelation>) -> String {
    let is_more = relation == Some(TotalRelation::Gte);
    let name = if is_more { "interactions-count-at-least" } else { "interactions-count" };
    frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
}

/// The parts that everybody has stand before the saved views.
fn views(visit: &Visit, saved: Saved, state: &State, fault: Option<String>) -> Views {
    let (frame, here) = (&visit.frame, visit.frame.url("interactions"));
    let mut views = saved.shown(visit, &INTERACTIONS, &state.whole, fault);
    // Each part has an order of its own. What narrows a saved view belongs to it alone.
    let kept = match &views.open {
        None => state.fields.without("sort", None),
        Some(_) => Fields::default().with("as", state.fields.text("as")),
    };
    let part = |part: View| Choice {
        value: format!("{here}{}", kept.with("view", part.name()).query()),
        label: frame.named("interactions-view", part.name()),
        is_chosen: part == state.view && views.open.is_none(),
    };
    views.parts = View::ALL.into_iter().map(part).collect();
    views.may_save &= !state.is_agenda;
    views.columns = (!state.is_agenda).then(|| format!("{here}/columns{}", state.fields.query()));
    views
}

fn links(frame: &Frame, state: &State, field: &str, group: &str, chosen: &str, names: &[&str]) -> Vec<Choice> {
    let link = |name: &&str| Choice {
        value: format!("{}{}", frame.url("interactions"), state.fields.with(field, name).query()),
        label: frame.named(&format!("interactions-{group}"), name),
        is_chosen: *name == chosen,
    };
    names.iter().map(link).collect()
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
    let owner = |(value, label): (String, String)| Choice { is_chosen: value == state.owner, value, label };
    let named = |name: &str| (name.to_owned(), frame.named("interactions-whose", name));
    let users = people.active().map(|(id, name)| (id, name.to_owned()));
    let owners = ["me", "none"].map(named).into_iter().chain(users).map(owner);
    let mut owners = Filter::single("owner", frame.t("field-owner-id"), owner(named("all")), owners.collect());
    // Mine are what most people begin with.
    owners.chosen = usize::from(!matches!(state.owner.as_str(), "all" | "me"));
    let mut filters = vec![many("type", "interaction", InteractionType::NAMES), owners];
    // The other parts are of a status already.
    if state.view == View::All {
        filters.insert(1, many("status", "interaction-status", InteractionStatus::NAMES));
    }
    filters
}

/// The filters are in the form; the rest goes with it.
fn kept(state: &State, filters: &[Filter]) -> Vec<(String, String)> {
    let kept = state.fields.pairs().filter(|(name, _)| !filters.iter().any(|filter| filter.name == *name));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The filters that apply: name, value, and the address without it.
fn chips(
    frame: &Frame,
    state: &State,
    people: &People,
    customer: Option<String>,
) -> Vec<(&'static str, String, String)> {
    let here = frame.url("interactions");
    let is_owner = !matches!(state.owner.as_str(), "all" | "me");
    let chip = |name: &'static str, value: &str| {
        let label = match name {
            "customer" => customer.clone()?,
            "type" => frame.named("interaction", value),
            "status" => frame.named("interaction-status", value),
            "direction" | "outcome" => frame.named(name, value),
            "owner" => match value.parse().ok().and_then(|id| people.name(id)) {
                Some(name) => name.to_owned(),
                None if is_owner => frame.named("interactions-whose", value),
                None => return None,
            },
            "overdue" => frame.t(if value == "true" { "yes" } else { "no" }),
            "filter" => frame.t("filter-conditions"),
            _ => value.to_owned(),
        };
        let without = match name {
            "owner" => state.fields.with("owner", "all"),
            _ => state.fields.without(name, Some(value)),
        };
        Some((name, label, format!("{here}{}", without.query())))
    };
    let given = INTERACTIONS.parameters().flat_map(|name| state.fields.all(name).map(move |value| (name, value)));
    given.filter_map(|(name, value)| chip(name, value)).collect()
}
