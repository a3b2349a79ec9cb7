//! The fields of a task are changed.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::TaskId;
use crm_core::tasks::Task;

use super::form::{self, Asks};
use super::picker::{self, Picker};
use super::plan::Plan;
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::interactions::Line;
use crate::web::{Form, Frame, PageResult, People, Visit, html};

/// The form of a new task, or of one that is changed.
#[derive(Template)]
#[template(path = "tasks/form.html")]
pub(super) struct FormPage {
    pub frame: Frame,
    pub title: String,
    /// What the button says.
    pub label: String,
    pub action: String,
    pub back: String,
    /// The version of the task that was seen.
    pub version: Option<i64>,
    pub lines: Vec<Line>,
    pub picker: Picker,
    pub plan: Plan,
    pub others: Vec<String>,
    /// True if the task has changed since the form was made.
    pub is_stale: bool,
}

/// What a form has left open.
#[derive(Default)]
struct Open {
    typed: Option<Fields>,
    faults: Faults,
    is_stale: bool,
    /// The version that the form began with, while it goes on.
    version: Option<i64>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: TaskId = parsed(&id)?;
    let task = visit.scope().tasks().get(id).await?;
    visit.authorize(Resource::Tasks, Action::Update, task.assignee_id)?;
    render(&visit, &task, StatusCode::OK, Open::default()).await
}

async fn render(visit: &Visit, task: &Task, status: StatusCode, open: Open) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("tasks");
    let asks = Asks::of(task);
    let stored = form::typed(&frame, task);
    let values = open.typed.as_ref().unwrap_or(&stored);
    let page = FormPage {
        title: frame.t("tasks-edit"),
        label: frame.t(if open.is_stale { "save-anyway" } else { "save" }),
        action: frame.url(&format!("tasks/{}/edit", task.id)),
        back: visit.back(open.typed.as_ref().unwrap_or(&visit.query), &format!("tasks/{}", task.id)),
        version: Some(open.version.unwrap_or(task.version)),
        lines: form::lines(visit, &people, asks, values, &open.faults),
        others: form::others(asks, &open.faults),
        picker: Picker::read(&mut scope, &frame, values, &open.faults).await?,
        plan: Plan::of(&frame, &people, values, &open.faults),
        is_stale: open.is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TaskId = parsed(&id)?;
    let version = form.0.version();
    let mut scope = visit.scope();
    let before = scope.tasks().get(id).await?;
    visit.authorize(Resource::Tasks, Action::Update, before.assignee_id)?;
    let typed = Some(form.0.clone());
    if picker::is_step(&form.0) {
        drop(scope);
        return render(&visit, &before, StatusCode::OK, Open { typed, version, ..Open::default() }).await;
    }
    let (status, open) = match form::patch(&visit, Asks::of(&before), Some(&before), &form.0) {
        Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, Open { typed, faults, ..Open::default() }),
        Ok(patch) => match scope.tasks().update(id, patch, version).await {
            Ok(_) => return Ok(visit.done(&visit.back(&form.0, "tasks"), "task-saved", None)),
            Err(Error::Stale { .. }) => {
                (StatusCode::PRECONDITION_FAILED, Open { typed, is_stale: true, ..Open::default() })
            }
            Err(error) => {
                let faults = Faults::of(error, visit.frame.language())?;
                (StatusCode::UNPROCESSABLE_ENTITY, Open { typed, faults, ..Open::default() })
            }
        },
    };
    drop(scope);
    render(&visit, &before, status, open).await
}
