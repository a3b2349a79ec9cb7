//! All deals as a list, with what they are worth.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealQuery, DealStatus, DealTotals};
use crm_core::ids::{CustomerId, DealId};
use crm_core::page::{Count, PageRequest, Position, TotalRelation};
use crm_core::pipelines::{Pipeline, PipelineStage};
use crm_web::problem::ApiError;

use super::card;
use super::columns::{self, Cells};
use super::filters::{self, Sum};
use super::stages::Pipelines;
use super::state::{self, DEALS};
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::interactions::{PartyNames, customer_names, pick_customer};
use crate::lists::{Cell, Column, CustomColumn, Filter, List, Listed, Saved, Views};
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many deals come at once.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "deals/table.html")]
struct TablePage {
    frame: Frame,
    views: Views,
    forms: Vec<Choice>,
    filters: Vec<Filter>,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    text: String,
    chips: Vec<Chip>,
    pick_customer: String,
    total: Option<String>,
    sums: Vec<Sum>,
    columns: Vec<Column>,
    is_wide: bool,
    rows: Vec<Row>,
    more: Option<String>,
    add: Option<String>,
    /// The address of all deals.
    all: String,
    here: String,
    is_first: bool,
}

struct Row {
    id: DealId,
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
    Deals::page(&visit, &fields, None, StatusCode::OK).await
}

/// A customer is looked for, whose deals are listed.
pub(super) async fn pick(visit: Visit) -> PageResult {
    let kept = visit.query.without("q", None).without("customer", None);
    let back = visit.frame.url(&format!("deals/table{}", kept.query()));
    pick_customer(visit, "deals/table/customer", "deals/table", &kept, back, false).await
}

/// The list of deals.
pub(super) struct Deals;

impl Listed for Deals {
    const LIST: &'static List = &DEALS;

    async fn custom_columns(_visit: &Visit) -> Result<Vec<CustomColumn>, ApiError> {
        Ok(Vec::new())
    }

    async fn page(visit: &Visit, fields: &Fields, fault: Option<String>, status: StatusCode) -> PageResult {
        let mut scope = visit.scope();
        let saved = Saved::read(&mut scope, &DEALS, &visit.preferences).await?;
        let first = saved.first(visit, &DEALS, fields);
        let fields = first.as_ref().unwrap_or(fields);
        let query = state::listed(fields);
        let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
        let is_first = cursor.is_none();
        let count = if is_first { Count::Capped } else { Count::None };
        let page = scope.deals().list(&query, &PageRequest::new(cursor, Some(ROWS), Some(count))?).await?;
        // What follows a part of the list adds rows only.
        let totals = if is_first { Some(scope.deals().totals(&query).await?) } else { None };
        let pipelines = Pipelines::read(&mut scope).await?;
        let people = People::read(&mut scope).await?;
        let customers = customer_names(&mut scope, query.customer.into_iter().chain(query.contact)).await?;
        let frame = visit.frame.clone().within("deals");
        let here = frame.url(DEALS.path);
        let all = if saved.has_default() { format!("{here}?view=all") } else { here.clone() };
        let shown = DEALS.columns_of(fields, &visit.preferences);
        let mut views = saved.shown(visit, &DEALS, fields, fault);
        let is_chosen = views.open.is_none();
        views.parts = vec![Choice { value: all.clone(), label: frame.t("deals-all"), is_chosen }];
        let filters = filters(&frame, fields, &query, &people, &pipelines);
        let cells = Cells { frame: &frame, pipelines: &pipelines, columns: &shown };
        let back = card::back(&format!("{here}{}", fields.query()));
        let list = TablePage {
            rows: page.data.iter().map(|deal| row(&frame, deal, &cells)).collect(),
            more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
            total: page.total.map(|total| total_of(&frame, total, page.total_relation)),
            sums: totals.map(|totals| sums(&frame, &totals)).unwrap_or_default(),
            forms: filters::forms(&frame, &state::of_board(fields), "table"),
            kept: filters::hidden(fields, &filters),
            text: fields.text("q").to_owned(),
            chips: chips(&frame, fields, &filters, (&customers, &pipelines), &all),
            pick_customer: format!("{}{}", frame.url("deals/table/customer"), fields.query()),
            columns: columns::headings(&frame, fields, query.sort, &shown),
            is_wide: shown.len() > DEALS.few,
            add: visit.actor().reach(Resource::Deals, Action::Create).map(|_| frame.url("deals/new") + &back),
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

fn sums(frame: &Frame, totals: &DealTotals) -> Vec<Sum> {
    let mut sums = filters::sums(frame, &totals.amounts, &totals.weighted_amounts);
    let base = (totals.base_amount, totals.weighted_base_amount);
    sums.extend(filters::together(frame, &totals.amounts, base, totals.without_rate));
    sums
}

fn row(frame: &Frame, deal: &Deal, cells: &Cells<'_>) -> Row {
    Row { id: deal.id, name: deal.name.clone(), url: card::url(frame, deal.id), cells: cells.of(deal) }
}

fn total_of(frame: &Frame, total: u64, relation: Option<TotalRelation>) -> String {
    let name = if relation == Some(TotalRelation::Gte) { "deals-count-at-least" } else { "deals-count" };
    frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
}

fn filters(frame: &Frame, fields: &Fields, query: &DealQuery, people: &People, pipelines: &Pipelines) -> Vec<Filter> {
    let chosen = |name: &'static str, choices: Vec<(String, String)>| -> Vec<Choice> {
        let choice = |(value, label): (String, String)| {
            let is_chosen = fields.all(name).any(|held| held == value);
            Choice { value, label, is_chosen }
        };
        choices.into_iter().map(choice).collect()
    };
    let label = |name: &str| frame.named("deals-filter", name);
    let any = || Choice { value: String::new(), label: frame.t("filter-any"), is_chosen: false };
    let many = |name: &'static str, choices| Filter::many(name, label(name), chosen(name, choices));
    let single = |name: &'static str, choices| Filter::single(name, label(name), any(), chosen(name, choices));
    let status = DealStatus::NAMES.iter().map(|name| ((*name).to_owned(), frame.named("deal-status", name)));
    let fixed = ["me", "none"].map(|name| (name.to_owned(), frame.named("owner", name)));
    let owners = fixed.into_iter().chain(people.active().map(|(id, name)| (id, name.to_owned())));
    let of_all = |pipeline: &Pipeline| (pipeline.id.to_string(), pipeline.name.clone());
    let mut filters = vec![
        many("stage", stages(query, pipelines)),
        many("status", status.collect()),
        single("owner", owners.collect()),
    ];
    if pipelines.0.len() > 1 {
        filters.insert(0, single("pipeline", pipelines.0.iter().map(of_all).collect()));
    }
    filters.retain(|filter| !filter.choices.is_empty());
    filters
}

/// The stages of the pipeline, or of all, each with the name of its pipeline then.
fn stages(query: &DealQuery, pipelines: &Pipelines) -> Vec<(String, String)> {
    let is_wanted = |pipeline: &&Pipeline| query.pipeline.is_none_or(|wanted| pipeline.id == wanted);
    let wanted: Vec<&Pipeline> = pipelines.0.iter().filter(is_wanted).collect();
    let name = |pipeline: &Pipeline, stage: &PipelineStage| match wanted.len() {
        1 => stage.name.clone(),
        _ => format!("{}: {}", pipeline.name, stage.name),
    };
    let of = |pipeline: &&Pipeline| -> Vec<(String, String)> {
        pipeline.stages.iter().map(|stage| (stage.id.to_string(), name(pipeline, stage))).collect()
    };
    wanted.iter().flat_map(of).collect()
}

fn chips(
    frame: &Frame,
    fields: &Fields,
    filters: &[Filter],
    (customers, pipelines): (&PartyNames, &Pipelines),
    all: &str,
) -> Vec<Chip> {
    let here = frame.url(DEALS.path);
    let named = |id: &str| id.parse::<CustomerId>().ok().and_then(|id| customers.get(&id).cloned());
    let pipeline = |id: &str| pipelines.0.iter().find(|pipeline| pipeline.id.to_string() == id);
    let chip = |name: &'static str, value: &str| {
        let filter = filters.iter().find(|filter| filter.name == name);
        let choice = filter.and_then(|filter| filter.choices.iter().find(|choice| choice.value == value));
        let label = match (choice, name) {
            (Some(choice), _) => choice.label.clone(),
            (None, "customer" | "contact") => named(value).unwrap_or_else(|| value.to_owned()),
            (None, "isRotten") => frame.named("deals-is-rotten", value),
            (None, "pipeline") => pipeline(value).map_or_else(|| value.to_owned(), |known| known.name.clone()),
            (None, "filter") => frame.t("filter-conditions"),
            (None, _) => value.to_owned(),
        };
        let without = fields.without(name, Some(value)).query();
        Chip { name, label, without: if without.is_empty() { all.to_owned() } else { format!("{here}{without}") } }
    };
    DEALS
        .parameters()
        .flat_map(|name| fields.all(name).map(move |value| (name, value)))
        .map(|(name, value)| chip(name, value))
        .collect()
}
