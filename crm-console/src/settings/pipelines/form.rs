//! The form of a pipeline with its stages. The code and the kind of a stage are given once.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::PipelineId;
use crm_core::patch::Patch;
use crm_core::pipelines::{NewPipeline, Pipeline, PipelinePatch};

use super::super::{Around, faults};
use super::LIST;
use super::rows::{self, Row};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "settings/pipeline.html")]
struct PipelinePage {
    around: Around,
    frame: Frame,
    action: String,
    title: String,
    /// What is there already.
    pipeline: Option<Pipeline>,
    rows: Vec<Row>,
    /// What is wrong with the stages as a whole.
    stages_fault: Option<String>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
    may_manage: bool,
    may_delete: bool,
}

impl PipelinePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
    focus: Option<(String, &'static str)>,
}

impl Open {
    fn of(typed: Fields) -> Self {
        Self { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false, focus: None }
    }

    fn faulty(typed: Fields, faults: Faults) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, faults, ..Self::of(typed) }
    }
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::Pipelines, Action::Create, None)?;
    let typed = rows::offered(&visit.frame);
    render(&visit, None, Open::of(typed))
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::Pipelines, Action::Read, None)?;
    let pipeline = visit.scope().pipelines().get(parsed::<PipelineId>(&id)?).await?;
    let typed = typed(&pipeline);
    render(&visit, Some(pipeline), Open::of(typed))
}

/// The page of a pipeline with which something could not be done.
pub(super) async fn refused(visit: &Visit, id: PipelineId, error: Error) -> PageResult {
    let faults = faults(error, visit.frame.language())?;
    let pipeline = visit.scope().pipelines().get(id).await?;
    let open = Open { status: StatusCode::CONFLICT, faults, ..Open::of(typed(&pipeline)) };
    render(visit, Some(pipeline), open)
}

/// The pipeline as the form shows it.
fn typed(pipeline: &Pipeline) -> Fields {
    let description = pipeline.description.clone().unwrap_or_default();
    rows::typed(pipeline).and("name", &pipeline.name).and("description", &description)
}

fn render(visit: &Visit, pipeline: Option<Pipeline>, open: Open) -> PageResult {
    let around = Around::of(visit, "pipelines");
    let frame = around.frame.clone();
    let Open { status, typed, faults, is_stale, focus } = open;
    let action = pipeline.as_ref().map_or_else(|| LIST.to_owned(), |pipeline| format!("{LIST}/{}", pipeline.id));
    let shown = rows::shown_faults(&typed);
    let shown: Vec<&str> = shown.iter().map(String::as_str).chain(["name", "description", "stages"]).collect();
    let may = |action| visit.may(Resource::Pipelines, action, None);
    let page = PipelinePage {
        action: frame.url(&action),
        title: pipeline.as_ref().map_or_else(|| frame.t("pipelines-add"), |pipeline| pipeline.name.clone()),
        rows: rows::rows(&frame, &typed, &faults, focus.as_ref()),
        stages_fault: faults.at("stages").map(|words| of_stages(&frame, words)),
        others: faults.elsewhere(&shown),
        may_manage: may(if pipeline.is_some() { Action::Update } else { Action::Create }),
        may_delete: may(Action::Delete),
        pipeline,
        typed,
        faults,
        is_stale,
        around,
        frame,
    };
    html(status, &page)
}

/// What is wrong with the stages: the one that is required is an open one.
fn of_stages(frame: &Frame, words: String) -> String {
    if words == frame.t("violation-required") { frame.t("pipelines-needs-open") } else { words }
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    if let Some(step) = rows::step(&form.0) {
        visit.authorize(Resource::Pipelines, Action::Create, None)?;
        return render(&visit, None, Open { focus: step.focus, ..Open::of(step.typed) });
    }
    let text = |name: &str| form.0.get(name).map(str::to_owned);
    let language = visit.frame.language();
    let faults = match rows::stages(&form.0) {
        Err(name) => Faults::unreadable(&name, language),
        Ok(stages) => {
            let (name, description) = (text("name"), text("description"));
            let new = NewPipeline { name, description, stages: Some(stages), ..NewPipeline::default() };
            let outcome = visit.scope().pipelines().create(new).await;
            match outcome {
                Ok(_) => return Ok(see_other(visit.frame.url(&format!("{LIST}?done=pipeline-added")))),
                Err(error) => faults(error, language)?,
            }
        }
    };
    render(&visit, None, Open::faulty(form.0, faults))
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version) = (parsed::<PipelineId>(&id)?, form.version()?);
    let mut scope = visit.scope();
    if let Some(step) = rows::step(&form.0) {
        visit.authorize(Resource::Pipelines, Action::Update, None)?;
        // A form that goes on keeps the version that it began with.
        let mut pipeline = scope.pipelines().get(id).await?;
        pipeline.version = version;
        return render(&visit, Some(pipeline), Open { focus: step.focus, ..Open::of(step.typed) });
    }
    let language = visit.frame.language();
    let (faults, is_stale) = match rows::stages(&form.0) {
        Err(name) => (Faults::unreadable(&name, language), false),
        Ok(stages) => {
            let patch = PipelinePatch {
                name: Patch::Set(form.0.text("name").to_owned()),
                description: form.0.get("description").map(str::to_owned).into(),
                stages: Patch::Set(stages),
                ..PipelinePatch::default()
            };
            match scope.pipelines().update(id, patch, Some(version)).await {
                Ok(_) => return Ok(see_other(visit.frame.url(&format!("{LIST}?done=pipeline-saved")))),
                Err(Error::Stale { .. }) => (Faults::default(), true),
                Err(error) => (faults(error, language)?, false),
            }
        }
    };
    let status = if is_stale { StatusCode::PRECONDITION_FAILED } else { StatusCode::UNPROCESSABLE_ENTITY };
    let pipeline = scope.pipelines().get(id).await?;
    render(&visit, Some(pipeline), Open { status, is_stale, ..Open::faulty(form.0, faults) })
}
