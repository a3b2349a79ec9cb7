//! What is done with one click: a task is completed and opened again, a step is ticked, a task goes to the trash and
//! comes back.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::TaskId;
use crm_core::patch::Patch;
use crm_core::tasks::{TaskCompletion, TaskPatch};
use crm_core::{Conflict, Error};
use crm_web::problem::{ApiError, Code};

use super::show::{self, Open};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{COMPLETED, Form, PageResult, Visit, see_other};

/// With a result, if one was typed.
pub(super) async fn complete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, typed): (TaskId, _) = (parsed(&id)?, form.0);
    let said = TaskCompletion { result: typed.get("result").map(str::to_owned), completed_at: None };
    let outcome = visit.scope().tasks().complete(id, said, None).await;
    let language = visit.frame.language();
    let faults = match outcome {
        Ok(_) => {
            let undo = format!("{COMPLETED}{id}");
            return Ok(visit.done(&visit.back(&typed, "tasks"), "task-completed", Some(&undo)));
        }
        Err(Error::Conflict(Conflict::AlreadyCompleted | Conflict::TaskClosed)) => {
            Faults::named("", "task-closed", language)
        }
        Err(error) => Faults::of(error, language)?,
    };
    let open = Open { status: StatusCode::UNPROCESSABLE_ENTITY, given: typed, faults, is_stale: false };
    show::render(&visit, id, open).await
}

pub(super) async fn reopen(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TaskId = parsed(&id)?;
    visit.scope().tasks().reopen(id, None).await?;
    Ok(visit.done(&visit.back(&form.0, "tasks"), "task-reopened", None))
}

/// Ticks a step of the task that was seen, or takes the tick off, and shows the task again.
pub(super) async fn step(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TaskId = parsed(&id)?;
    let version = form.version()?;
    let typed = form.0;
    let (place, is_done) = (typed.text("step"), typed.get("done") == Some("true"));
    let mut scope = visit.scope();
    let mut checklist = scope.tasks().get(id).await?.checklist;
    let step = place.parse().ok().and_then(|place: usize| checklist.get_mut(place));
    let step = step.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such step"))?;
    step.is_done = is_done;
    let patch = TaskPatch { checklist: Patch::Set(checklist), ..TaskPatch::default() };
    match scope.tasks().update(id, patch, Some(version)).await {
        Ok(_) => {
            let query = Fields::default().with("back", &visit.back(&typed, "tasks")).with("step", place).query();
            Ok(see_other(visit.frame.url(&format!("tasks/{id}{query}"))))
        }
        Err(Error::Stale { .. }) => {
            let faults = Faults::default();
            let open = Open { status: StatusCode::PRECONDITION_FAILED, given: typed, faults, is_stale: true };
            show::render(&visit, id, open).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TaskId = parsed(&id)?;
    visit.scope().tasks().delete(id, None).await?;
    let may_undo = visit.actor().reach(Resource::Tasks, Action::Restore).is_some();
    let undo = may_undo.then(|| format!("tasks/{id}"));
    Ok(visit.done(&visit.back(&form.0, "tasks"), "task-deleted", undo.as_deref()))
}

pub(super) async fn restore(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TaskId = parsed(&id)?;
    visit.scope().tasks().restore(id).await?;
    Ok(visit.done(&visit.back(&form.0, "tasks"), "task-restored", None))
}
