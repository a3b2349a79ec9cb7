//! All interactions, by day or as a list.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::NaiveDate;
use crm_core::actor::{Action, Resource};
use crm_core::interactions::{InteractionSortKey, InteractionType};
use crm_core::page::{Count, PageRequest, Position, TotalRelation};

use super::row::{Row, customer_names};
use super::state::{State, View};
use crate::customers::Choice;
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many interactions come at once.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "interactions/list.html")]
struct ListPage {
    frame: Frame,
    /// The parts of the interactions, with their addresses.
    views: Vec<Choice>,
    /// Mine or everybody's, and by day or as a list: the address, and the label.
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    types: Vec<Choice>,
    owners: Vec<Choice>,
    chosen_types: usize,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    chips: Vec<(&'static str, String, String)>,
    pick_customer: String,
    total: Option<String>,
    days: Vec<Day>,
    rows: Vec<Row>,
    columns: Vec<Column>,
    is_agenda: bool,
    is_filtered: bool,
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

/// A column that sorts: its name in messages, the address, and the order it is in.
struct Column {
    name: &'static str,
    url: String,
    order: &'static str,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let (state, mut scope) = (State::of(&visit), visit.scope());
    let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
    let count = if cursor.is_some() { Count::None } else { Count::Capped };
    let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
    let page = scope.all_interactions().list(&state.query, &request).await?;
    let ids = page.data.iter().map(|interaction| interaction.customer_id).chain(state.customer);
    let names = customer_names(&mut scope, ids).await?;
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("interactions");
    let here = format!("{}{}", frame.url("interactions"), state.fields.query());
    let mut rows: Vec<(NaiveDate, Row)> = Vec::new();
    for interaction in &page.data {
        let day = frame.calendar.date(interaction.occurred_at);
        rows.push((day, Row::of(&visit, interaction, &names, &here)));
    }
    let last = rows.last().map(|(day, _)| *day);
    let more = page.next_cursor.as_deref().map(|cursor| {
        let fields = state.fields.with("cursor", cursor);
        let fields = last.filter(|_| state.is_agenda).map(|day| fields.with("day", &day.to_string())).unwrap_or(fields);
        format!("{}{}", frame.url("interactions"), fields.query())
    });
    let (mut days, mut flat) = (Vec::new(), Vec::new());
    if state.is_agenda {
        days = by_day(&frame, rows, visit.query.text("day").parse().ok());
    } else {
        flat = rows.into_iter().map(|(_, row)| row).collect();
    }
    let customer = state.customer.map(|id| names.get(&id).cloned().unwrap_or_else(|| id.to_string()));
    let add = visit.actor().reach(Resource::Interactions, Action::Create).map(|_| frame.url("interactions/new"));
    let list = ListPage {
        views: views(&frame, &state),
        whose: links(&frame, &state, "owner", "whose", &state.owner, &["me", "all"]),
        forms: links(&frame, &state, "as", "as", if state.is_agenda { "days" } else { "list" }, &["days", "list"]),
        types: types(&frame, &state),
        owners: owners(&frame, &state, &people),
        chosen_types: state.query.interaction_type.len(),
        kept: kept(&state),
        chips: chips(&frame, &state, &people, customer),
        pick_customer: format!("{}{}", frame.url("interactions/customer"), state.fields.query()),
        total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
        columns: columns(&frame, &state),
        is_agenda: state.is_agenda,
        list_url: here.clone(),
        is_filtered: state.customer.is_some() || !state.query.interaction_type.is_empty(),
        view: state.view,
        days,
        rows: flat,
        more,
        add,
        frame,
    };
    html(StatusCode::OK, &list)
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

/// `value` of these choices is an address.
fn views(frame: &Frame, state: &State) -> Vec<Choice> {
    // Each part has an order of its own.
    let fields = state.fields.without("sort", None);
    let view = |view: View| Choice {
        value: format!("{}{}", frame.url("interactions"), fields.with("view", view.name()).query()),
        label: frame.named("interactions-view", view.name()),
        is_chosen: view == state.view,
    };
    View::ALL.into_iter().map(view).collect()
}

fn links(frame: &Frame, state: &State, field: &str, group: &str, chosen: &str, names: &[&str]) -> Vec<Choice> {
    let link = |name: &&str| Choice {
        value: format!("{}{}", frame.url("interactions"), state.fields.with(field, name).query()),
        label: frame.named(&format!("interactions-{group}"), name),
        is_chosen: *name == chosen,
    };
    names.iter().map(link).collect()
}

fn types(frame: &Frame, state: &State) -> Vec<Choice> {
    let choice = |kind: &InteractionType| Choice {
        value: kind.to_string(),
        label: frame.named("interaction", kind.as_str()),
        is_chosen: state.query.interaction_type.contains(kind),
    };
    InteractionType::ALL.iter().map(choice).collect()
}

fn owners(frame: &Frame, state: &State, people: &People) -> Vec<Choice> {
    let fixed = ["all", "me", "none"].map(|name| (name.to_owned(), frame.named("interactions-whose", name)));
    let all = fixed.into_iter().chain(people.active().map(|(id, name)| (id, name.to_owned())));
    all.map(|(value, label)| Choice { is_chosen: value == state.owner, value, label }).collect()
}

/// The filters are in the form; the rest goes with it.
fn kept(state: &State) -> Vec<(String, String)> {
    let kept = state.fields.pairs().filter(|(name, _)| !matches!(*name, "type" | "owner"));
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
    let types = state.query.interaction_type.iter().map(|kind| {
        let without = state.fields.without("type", Some(kind.as_str()));
        ("type", frame.named("interaction", kind.as_str()), format!("{here}{}", without.query()))
    });
    let owner = Some(&state.owner).filter(|owner| !matches!(owner.as_str(), "all" | "me")).map(|owner| {
        let name = owner.parse().ok().and_then(|id| people.name(id).map(str::to_owned));
        let name = name.unwrap_or_else(|| frame.named("interactions-whose", owner));
        ("owner", name, format!("{here}{}", state.fields.with("owner", "all").query()))
    });
    let customer =
        customer.map(|name| ("customer", name, format!("{here}{}", state.fields.without("customer", None).query())));
    customer.into_iter().chain(types).chain(owner).collect()
}

fn columns(frame: &Frame, state: &State) -> Vec<Column> {
    let column = |(name, key): (&'static str, InteractionSortKey)| {
        let sort = state.query.sort;
        let (is_active, descending) = (sort.key == key, sort.key == key && !sort.descending);
        let name_of = match key {
            InteractionSortKey::OccurredAt => "occurredAt",
            InteractionSortKey::CreatedAt => "createdAt",
            InteractionSortKey::UpdatedAt => "updatedAt",
        };
        let sign = if descending { "-" } else { "" };
        Column {
            name,
            url: format!(
                "{}{}",
                frame.url("interactions"),
                state.fields.with("sort", &format!("{sign}{name_of}")).query()
            ),
            order: match (is_active, sort.descending) {
                (false, _) => "none",
                (true, true) => "descending",
                (true, false) => "ascending",
            },
        }
    };
    [("field-when", InteractionSortKey::OccurredAt), ("field-updated-at", InteractionSortKey::UpdatedAt)]
        .map(column)
        .into()
}
