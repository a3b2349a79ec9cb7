//! Reports of sales: the statistics of the core as tables, each number with what it means.

mod asked;
mod funnel;
mod leaderboard;
mod leads;
mod pipeline;
mod table;
mod tasks;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use crm_core::{CompanyScope, Error};

pub(crate) use asked::{owner, owners, pipelines};
pub(crate) use leads::by_source as leads_by_source;
pub(crate) use table::{Cell, Column, Row, Table, meanings, user};

use crate::base::moment::Shown;
use crate::customers::Choice;
use crate::deals::Pipelines;
use crate::web::{Frame, PageResult, People, Visit, html};
use asked::{Asked, Filters};

/// The reports: their names, and their paths.
const REPORTS: &[(&str, &str)] = &[
    ("funnel", "reports"),
    ("pipeline", "reports/pipeline"),
    ("leaderboard", "reports/leaderboard"),
    ("leads", "reports/leads"),
    ("tasks", "reports/tasks"),
];

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/reports", web::get().to(funnel::show))
        .route("/reports/pipeline", web::get().to(pipeline::show))
        .route("/reports/leaderboard", web::get().to(leaderboard::show))
        .route("/reports/leads", web::get().to(leads::show))
        .route("/reports/tasks", web::get().to(tasks::show));
}

#[derive(Template)]
#[template(path = "reports/page.html")]
struct ReportPage {
    frame: Frame,
    /// The reports: their addresses, and their names.
    tabs: Vec<Choice>,
    title: String,
    /// What the report is about.
    text: String,
    here: String,
    filters: Filters,
    facts: Vec<Fact>,
    tables: Vec<Table>,
    as_of: Shown,
    /// Said instead of tables.
    nothing: Option<String>,
}

impl ReportPage {
    /// The columns of the tables, each once.
    fn meanings(&self) -> Vec<&Column> {
        meanings(&self.tables)
    }
}

/// A number at the top of a report, with what it means.
struct Fact {
    label: String,
    meaning: String,
    number: String,
    note: String,
}

/// What was computed.
#[derive(Default)]
struct Computed {
    facts: Vec<Fact>,
    tables: Vec<Table>,
    nothing: Option<String>,
}

impl Fact {
    /// A number by the name of its messages.
    fn of(frame: &Frame, name: &str, number: String) -> Self {
        Self { label: frame.named("figure", name), meaning: frame.named("meaning", name), number, note: String::new() }
    }

    fn with_note(self, note: String) -> Self {
        Self { note, ..self }
    }
}

/// What a report can be narrowed by, beside its period.
#[derive(Clone, Copy, Default)]
struct Narrowed {
    by_owner: bool,
    by_pipeline: bool,
}

/// The filters of a report: one statement for the users, and one for the pipelines.
async fn filters(
    scope: &mut CompanyScope<'_>,
    visit: &Visit,
    asked: &Asked,
    narrowed: Narrowed,
) -> Result<Filters, Error> {
    let mut filters = asked.filters(&visit.frame);
    if narrowed.by_owner {
        filters.owners = owners(visit, &People::read(scope).await?, &visit.query);
    }
    if narrowed.by_pipeline {
        filters.pipelines = pipelines(&Pipelines::read(scope).await?, asked.pipeline);
    }
    Ok(filters)
}

/// The page of a report.
fn render(visit: &Visit, name: &str, as_of: DateTime<Utc>, filters: Filters, computed: Computed) -> PageResult {
    let frame = visit.frame.clone().within("reports");
    // Each report takes of the filters what it has.
    let query = visit.query.query();
    let tab = |(of, path): &(&str, &str)| Choice {
        value: format!("{}{query}", frame.url(path)),
        label: frame.named("report", of),
        is_chosen: *of == name,
    };
    let path = REPORTS.iter().find(|(of, _)| *of == name).map_or("reports", |(_, path)| *path);
    let Computed { facts, tables, nothing } = computed;
    let page = ReportPage {
        tabs: REPORTS.iter().map(tab).collect(),
        title: frame.named("report", name),
        text: frame.named("report-text", name),
        here: frame.url(path),
        as_of: frame.calendar.full(as_of),
        filters,
        facts,
        tables,
        nothing,
        frame,
    };
    html(StatusCode::OK, &page)
}
