//! A task is added, for a customer or not.

use actix_web::http::StatusCode;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskPatch, TaskPriority, TaskType};

use super::edit::FormPage;
use super::form::{self, Asks};
use super::picker::{self, Picker};
use super::plan::Plan;
use crate::base::fields::Fields;
use crate::customers::Faults;
use crate::web::{Form, PageResult, People, Visit, html};

/// What an address may say of the new task.
pub(super) async fn show(visit: Visit) -> PageResult {
    visit.authorize(Resource::Tasks, Action::Create, None)?;
    let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
    let usual = [
        ("type", TaskType::default().as_str()),
        ("priority", TaskPriority::default().as_str()),
        ("assigneeId", me.as_str()),
    ];
    let usual = usual.into_iter().filter(|(name, _)| !visit.query.has(name));
    let given = usual.fold(visit.query.clone(), |given, (name, value)| given.with(name, value));
    render(&visit, StatusCode::OK, &given, &Faults::default()).await
}

async fn render(visit: &Visit, status: StatusCode, given: &Fields, faults: &Faults) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("tasks");
    let page = FormPage {
        title: frame.t("tasks-add"),
        label: frame.t("tasks-add"),
        action: frame.url("tasks"),
        back: visit.back(given, "tasks"),
        version: None,
        lines: form::lines(visit, &people, Asks::New, given, faults),
        others: form::others(Asks::New, faults),
        picker: Picker::read(&mut scope, &frame, given, faults).await?,
        plan: Plan::of(&frame, &people, given, faults),
        is_stale: false,
        frame,
    };
    html(status, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    visit.authorize(Resource::Tasks, Action::Create, None)?;
    let typed = form.0;
    if picker::is_step(&typed) {
        return render(&visit, StatusCode::OK, &typed, &Faults::default()).await;
    }
    let faults = match form::patch(&visit, Asks::New, None, &typed) {
        Err(faults) => faults,
        Ok(patch) => match visit.scope().tasks().create(added(patch, &typed)).await {
            Ok(_) => return Ok(visit.done(&visit.back(&typed, "tasks"), "task-added", None)),
            Err(error @ Error::Invalid(_)) => Faults::of(error, visit.frame.language())?,
            Err(error) => return Err(error.into()),
        },
    };
    render(&visit, StatusCode::UNPROCESSABLE_ENTITY, &typed, &faults).await
}

/// What was typed, as a new task.
fn added(patch: TaskPatch, form: &Fields) -> NewTask {
    // An assignee that is not named is the person; nobody is chosen.
    let nobody = form.has("assigneeId") && patch.assignee_id.is_absent();
    let assignee_id = if nobody { Patch::Clear } else { patch.assignee_id };
    let mut new = NewTask { assignee_id, ..NewTask::default() };
    patch.title.apply(&mut new.title);
    patch.description.apply(&mut new.description);
    patch.task_type.apply(&mut new.task_type);
    patch.priority.apply(&mut new.priority);
    patch.due_at.apply(&mut new.due_at);
    patch.due_date.apply(&mut new.due_date);
    patch.customer_id.apply(&mut new.customer_id);
    patch.checklist.apply(&mut new.checklist);
    patch.collaborator_ids.apply(&mut new.collaborator_ids);
    patch.reminders.apply(&mut new.reminders);
    patch.recurrence.apply(&mut new.recurrence);
    new
}
