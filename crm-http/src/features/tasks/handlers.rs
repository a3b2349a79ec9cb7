//! Reading and writing tasks.

use actix_web::{delete, get, patch, post, put};
use crm_core::CompanyScope;
use crm_core::ids::TaskId;
use crm_core::tasks::{NewTask, Task, TaskAgenda, TaskAgendaQuery, TaskCompletion, TaskPatch};

use super::parameters::{AgendaParameters, ListParameters};
use super::{TaskList, TaskReplacement};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams, Query};

/// List tasks
///
/// The tasks without a customer, and those for customers that you may see, the first to be due first.
/// `assigneeId=me&overdue=true` lists what you are late with, `status=not_started,in_progress` with a `customerId` what
/// is to be done for a customer.
#[utoipa::path(
    tag = "tasks",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of tasks", body = TaskList), ReadErrors),
)]
#[get("/tasks")]
pub(super) async fn list_tasks(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().tasks().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&TaskList::from(page))?)
}

/// Add a task
///
/// A task for a customer, or without one. It is due at a time (`dueAt`) or by the end of a day in your company's time
/// zone (`dueDate`), or never. Without an `assigneeId` you are the assignee. With a `dealId` and without a
/// `customerId` it is for the customer of the deal. A record or a user that does not exist, or that you may not see,
/// is a 422. Raw HTML in `description` is stored unchanged: remove or sanitize it when you render the text.
#[utoipa::path(
    tag = "tasks",
    params(IdempotencyKeyParameter),
    request_body(content = NewTask, description = "The task"),
    responses((status = 201, description = "The task was added", body = Task), CreateErrors),
)]
#[post("/tasks")]
pub(super) async fn create_task(caller: Caller, key: IdempotencyKeyHeader, body: JsonBody<NewTask>) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let task = scope.tasks().create(value.clone()).await?;
        ApiResponse::created(task.id, &task)
    };
    key.once(&caller, "createTask", &fingerprint, create).await
}

/// Read the agenda
///
/// The open tasks that are due on each day, in your company's time zone, and those that are overdue from before the
/// first day. At most 31 days, 500 tasks on the days, and 100 overdue ones; `hasMore` says whether there are more.
#[utoipa::path(
    tag = "tasks",
    params(AgendaParameters),
    responses((status = 200, description = "The agenda", body = TaskAgenda), ReadErrors),
)]
#[get("/tasks/agenda")]
pub(super) async fn get_task_agenda(caller: Caller, parameters: Query<AgendaParameters>) -> ApiResult {
    let query = TaskAgendaQuery::from(parameters.0);
    Ok(ApiResponse::ok(&caller.scope().tasks().agenda(&query).await?)?)
}

/// Read a task
///
/// A task without a customer, or for a customer that you may see. A task in the trash is not found.
#[utoipa::path(
    tag = "tasks",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The task", body = Task), NotModified, GetErrors),
)]
#[get("/tasks/{taskId}")]
pub(super) async fn get_task(caller: Caller, id: Id<TaskId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().tasks().get(*id).await?)?)
}

/// Replace a task
///
/// Replaces every writable field, so every one must be present, with `null` for no value. A `completed` or `canceled`
/// task keeps its status until it is reopened (`task_closed`). For its assignee, managers and administrators.
#[utoipa::path(
    tag = "tasks",
    params(IfMatchParameter),
    request_body(content = TaskReplacement, description = "All writable fields"),
    responses((status = 200, description = "The task as it is now", body = Task), WriteErrors),
)]
#[put("/tasks/{taskId}")]
pub(super) async fn replace_task(caller: Caller, id: Id<TaskId>, seen: IfMatch, body: TaskReplacement) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().tasks().replace(*id, body.record, seen.0).await?)?)
}

/// Change a task
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; lists are replaced as a whole.
/// Setting `dueAt` clears `dueDate`, and setting `dueDate` clears `dueAt`; the days of a series stay, unless
/// `recurrence` is set as well. A closed task keeps its status until it is reopened (`task_closed`); its other fields
/// can be corrected. For its assignee, managers and administrators.
#[utoipa::path(
    tag = "tasks",
    params(IfMatchParameter),
    request_body(content = TaskPatch, description = "The fields to change"),
    responses((status = 200, description = "The task as it is now", body = Task), WriteErrors),
)]
#[patch("/tasks/{taskId}")]
pub(super) async fn update_task(caller: Caller, id: Id<TaskId>, seen: IfMatch, body: JsonBody<TaskPatch>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().tasks().update(*id, body.value, seen.0).await?)?)
}

/// Complete a task
///
/// Completes an open task, and records its result. If the task has a `recurrence`, the next one is added with that:
/// `nextTaskId` names it. The same body has no second effect and gets the current task, at any time and with any
/// `If-Match`; another body is refused (`already_completed`). A canceled task is not completed (`task_closed`). For its
/// assignee, managers and administrators.
#[utoipa::path(
    tag = "tasks",
    params(IfMatchParameter, IdempotencyKeyParameter),
    request_body(content = TaskCompletion, description = "The result"),
    responses((status = 200, description = "The completed task", body = Task), WriteErrors),
)]
#[post("/tasks/{taskId}/complete")]
pub(super) async fn complete_task(
    caller: Caller,
    id: Id<TaskId>,
    seen: IfMatch,
    key: IdempotencyKeyHeader,
    body: JsonBody<TaskCompletion>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let complete = async |scope: &mut CompanyScope<'_>| {
        ApiResponse::tagged(&scope.tasks().complete(*id, value.clone(), seen.0).await?)
    };
    key.once(&caller, "completeTask", &fingerprint, complete).await
}

/// Reopen a task
///
/// Opens a completed or canceled task again: it is `not_started`, and loses its result. An open task stays as it is.
/// For its assignee, managers and administrators.
#[utoipa::path(
    tag = "tasks",
    params(IfMatchParameter, IdempotencyKeyParameter),
    responses((status = 200, description = "The task as it is now", body = Task), ActionErrors),
)]
#[post("/tasks/{taskId}/reopen")]
pub(super) async fn reopen_task(caller: Caller, id: Id<TaskId>, seen: IfMatch, key: IdempotencyKeyHeader) -> ApiResult {
    let reopen = async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.tasks().reopen(*id, seen.0).await?);
    key.once(&caller, "reopenTask", "", reopen).await
}

/// Delete a task
///
/// Moves the task to the trash, from which it can be restored. For its assignee, managers and administrators.
#[utoipa::path(
    tag = "tasks",
    params(IfMatchParameter),
    responses((status = 204, description = "The task is in the trash"), ActionErrors),
)]
#[delete("/tasks/{taskId}")]
pub(super) async fn delete_task(caller: Caller, id: Id<TaskId>, seen: IfMatch) -> ApiResult {
    caller.scope().tasks().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore a task
///
/// Restores a task from the trash. For its assignee, managers and administrators.
#[utoipa::path(
    tag = "tasks",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The task is restored", body = Task), ActionErrors),
)]
#[post("/tasks/{taskId}/restore")]
pub(super) async fn restore_task(caller: Caller, id: Id<TaskId>, key: IdempotencyKeyHeader) -> ApiResult {
    let restore = async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.tasks().restore(*id).await?);
    key.once(&caller, "restoreTask", "", restore).await
}
