//! Pipelines: the list, and what is done with a pipeline as a whole.

mod form;
mod rows;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::PipelineId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;
use crm_core::pipelines::{Pipeline, PipelinePatch, PipelineQuery};
use crm_web::problem::{ApiError, Code};

pub(super) use rows::colors;

use super::Around;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, Frame, PageResult, Visit, html, see_other};

/// The path of the list.
const LIST: &str = "settings/pipelines";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/pipelines", web::get().to(list))
        .route("/settings/pipelines", web::post().to(form::create))
        .route("/settings/pipelines/new", web::get().to(form::add))
        .route("/settings/pipelines/{id}", web::get().to(form::show))
        .route("/settings/pipelines/{id}", web::post().to(form::save))
        .route("/settings/pipelines/{id}/place", web::post().to(place))
        .route("/settings/pipelines/{id}/default", web::post().to(make_default))
        .route("/settings/pipelines/{id}/archive", web::post().to(archive))
        .route("/settings/pipelines/{id}/delete", web::get().to(ask))
        .route("/settings/pipelines/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "settings/pipelines.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    may_add: bool,
    may_manage: bool,
}

struct Row {
    url: String,
    /// The board of its deals.
    board: String,
    name: String,
    description: String,
    /// The names of the stages that take deals, with their colours.
    stages: Vec<(String, Option<String>)>,
    is_default: bool,
    is_archived: bool,
    is_first: bool,
    is_last: bool,
    version: i64,
}

async fn list(visit: Visit) -> PageResult {
    visit.authorize(Resource::Pipelines, Action::Read, None)?;
    // A company has no more than come at once.
    let request = PageRequest::default().limit(MAX_PAGE);
    let page = visit.scope().pipelines().list(&PipelineQuery::default(), &request).await?;
    let around = Around::of(&visit, "pipelines");
    let frame = around.frame.clone();
    let last = page.data.len().saturating_sub(1);
    let row = |(place, pipeline): (usize, Pipeline)| Row {
        is_first: place == 0,
        is_last: place == last,
        ..row(&frame, pipeline)
    };
    let page = ListPage {
        rows: page.data.into_iter().enumerate().map(row).collect(),
        may_add: visit.may(Resource::Pipelines, Action::Create, None),
        may_manage: visit.may(Resource::Pipelines, Action::Update, None),
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn row(frame: &Frame, pipeline: Pipeline) -> Row {
    let stages = pipeline.stages.into_iter().filter(|stage| !stage.is_archived);
    Row {
        url: frame.url(&format!("{LIST}/{}", pipeline.id)),
        board: frame.url(&format!("deals?pipeline={}", pipeline.id)),
        name: pipeline.name,
        description: pipeline.description.unwrap_or_default(),
        stages: stages.map(|stage| (stage.name, stage.color)).collect(),
        is_default: pipeline.is_default,
        is_archived: pipeline.is_archived,
        is_first: false,
        is_last: false,
        version: pipeline.version,
    }
}

/// Puts a pipeline before or after its neighbour, as they stand now. Those whose place is another one then are written.
async fn place(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: PipelineId = parsed(&id)?;
    let mut scope = visit.scope();
    let request = PageRequest::default().limit(MAX_PAGE);
    let mut pipelines = scope.pipelines().list(&PipelineQuery::default(), &request).await?.data;
    let place = pipelines.iter().position(|pipeline| pipeline.id == id);
    let place = place.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such pipeline"))?;
    match form.0.text("to") {
        "up" if place > 0 => pipelines.swap(place - 1, place),
        "down" if place + 1 < pipelines.len() => pipelines.swap(place, place + 1),
        _ => {}
    }
    for (pipeline, position) in
        pipelines.iter().zip(0_i64..).filter(|(pipeline, position)| pipeline.position != *position)
    {
        let patch = PipelinePatch { position: Patch::Set(position), ..PipelinePatch::default() };
        scope.pipelines().update(pipeline.id, patch, Some(pipeline.version)).await?;
    }
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=pipeline-placed"))))
}

/// New deals begin in this pipeline from now on.
async fn make_default(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let patch = PipelinePatch { is_default: Patch::Set(true), ..PipelinePatch::default() };
    change(visit, parsed(&id)?, form, patch, "pipeline-default").await
}

async fn archive(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let is_archived = form.0.text("archived") == "true";
    let patch = PipelinePatch { is_archived: Patch::Set(is_archived), ..PipelinePatch::default() };
    let done = if is_archived { "pipeline-archived" } else { "pipeline-restored" };
    change(visit, parsed(&id)?, form, patch, done).await
}

async fn change(visit: Visit, id: PipelineId, form: Form, patch: PipelinePatch, done: &str) -> PageResult {
    let version = form.version()?;
    let outcome = visit.scope().pipelines().update(id, patch, Some(version)).await;
    match outcome {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done={done}")))),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => form::refused(&visit, id, error).await,
        Err(error) => Err(error.into()),
    }
}

async fn ask(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::Pipelines, Action::Delete, None)?;
    let pipeline = visit.scope().pipelines().get(parsed(&id)?).await?;
    let frame = visit.frame.clone().within("settings");
    let page = ConfirmPage {
        action: frame.url(&format!("{LIST}/{}/delete", pipeline.id)),
        back: frame.url(&format!("{LIST}/{}", pipeline.id)),
        title: frame.w("pipelines-delete-this", &pipeline.name),
        text: frame.t("pipelines-delete-text"),
        label: frame.t("delete"),
        version: pipeline.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// What stands in the way of it is told on the page of the pipeline.
async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version): (PipelineId, _) = (parsed(&id)?, form.version()?);
    let outcome = visit.scope().pipelines().delete(id, Some(version)).await;
    match outcome {
        Ok(()) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=pipeline-deleted")))),
        Err(error @ Error::Conflict(_)) => form::refused(&visit, id, error).await,
        Err(error) => Err(error.into()),
    }
}
