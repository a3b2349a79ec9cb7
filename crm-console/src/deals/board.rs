//! The board: the stages of a pipeline side by side, with the first deals of each.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{BoardStage, DealBoard};
use crm_core::ids::PipelineStageId;
use crm_core::pipelines::{Pipeline, StageKind};

use super::card::{self, Card};
use super::filters::{self, Sum};
use super::stages::Pipelines;
use super::state;
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::lists::Filter;
use crate::web::{Frame, PageResult, Visit, html};

#[derive(Template)]
#[template(path = "deals/board.html")]
struct BoardPage {
    frame: Frame,
    /// Mine or everybody's, and the board or the list: the address, and the label.
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    filters: Vec<Filter>,
    /// What the form of filters keeps.
    kept: Vec<(String, String)>,
    text: String,
    /// Where the form of filters goes.
    here: String,
    columns: Vec<Column>,
    is_empty: bool,
    add: Option<String>,
    /// Where the stages are changed.
    settings: Option<String>,
}

struct Column {
    id: PipelineStageId,
    name: String,
    kind: &'static str,
    color: Option<String>,
    /// Whether deals can be put into it.
    takes: bool,
    count: String,
    sums: Vec<Sum>,
    cards: Vec<Card>,
    /// How many more there are, and the list of all.
    more: Option<(String, String)>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let fields = state::of_board(&visit.query);
    let (pipeline, query) = state::on_board(&fields);
    let mut scope = visit.scope();
    let board = scope.deals().board(pipeline, &query).await?;
    let pipelines = Pipelines::read(&mut scope).await?;
    let frame = visit.frame.clone().within("deals");
    let here = frame.url("deals");
    let back = card::back(&format!("{here}{}", fields.query()));
    let filters = filter(&frame, &board, &pipelines);
    // The list has all pipelines unless it is told one.
    let shown = fields.with("pipeline", &board.pipeline_id.to_string());
    let may = |resource, action| visit.actor().reach(resource, action).is_some();
    let page = BoardPage {
        whose: whose(&frame, &fields),
        forms: filters::forms(&frame, &shown, "board"),
        kept: filters::hidden(&fields, &filters),
        text: fields.text("q").to_owned(),
        is_empty: board.stages.iter().all(|stage| stage.count == 0),
        columns: board.stages.iter().map(|stage| column(&visit, stage, &shown, &back)).collect(),
        add: may(Resource::Deals, Action::Create).then(|| format!("{}{back}", frame.url("deals/new"))),
        settings: may(Resource::Pipelines, Action::Update)
            .then(|| frame.url(&format!("settings/pipelines/{}", board.pipeline_id))),
        filters,
        here,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The choice of the pipeline, if there are several.
fn filter(frame: &Frame, board: &DealBoard, pipelines: &Pipelines) -> Vec<Filter> {
    let offered = pipelines.0.iter().filter(|pipeline| !pipeline.is_archived || pipeline.id == board.pipeline_id);
    let choice = |pipeline: &Pipeline| Choice {
        value: pipeline.id.to_string(),
        label: pipeline.name.clone(),
        is_chosen: pipeline.id == board.pipeline_id,
    };
    let choices: Vec<Choice> = offered.map(choice).collect();
    if choices.len() < 2 {
        return Vec::new();
    }
    let label = format!("{}: {}", frame.t("field-pipeline-id"), board.pipeline_name);
    vec![Filter { name: "pipeline", label, choices, is_single: true, chosen: 0 }]
}

fn whose(frame: &Frame, fields: &Fields) -> Vec<Choice> {
    let here = frame.url("deals");
    let choice = |(owner, name): (&str, &str)| Choice {
        value: format!("{here}{}", fields.with("owner", owner).query()),
        label: frame.named("deals-whose", name),
        is_chosen: fields.text("owner") == owner,
    };
    [("", "all"), ("me", "me")].map(choice).into()
}

fn column(visit: &Visit, told: &BoardStage, shown: &Fields, back: &str) -> Column {
    let (frame, stage) = (&visit.frame, &told.stage);
    let mut sums = filters::sums(frame, &told.amounts, &told.weighted_amounts);
    let base = (told.base_amount, told.weighted_base_amount);
    sums.extend(filters::together(frame, &told.amounts, base, told.without_rate));
    // What is won is worth all of it, and what is lost nothing.
    if stage.kind != StageKind::Open {
        sums.iter_mut().for_each(|sum| sum.weighted = None);
    }
    let left = usize::try_from(told.count).unwrap_or(usize::MAX).saturating_sub(told.deals.len());
    let list = shown.with("stage", &stage.id.to_string()).query();
    Column {
        id: stage.id,
        name: stage.name.clone(),
        kind: stage.kind.as_str(),
        color: stage.color.clone(),
        takes: !stage.is_archived,
        count: frame.language().number(i64::try_from(told.count).unwrap_or(i64::MAX)),
        sums,
        cards: told.deals.iter().map(|deal| Card::of(visit, deal, back)).collect(),
        more: (left > 0).then(|| (frame.n("deals-more", &left), format!("{}{list}", frame.url("deals/table")))),
    }
}
