//! Query parameters of tasks.

use chrono::NaiveDate;
use crm_core::filter::TimeBound;
use crm_core::ids::{CustomerId, DealId, TaskId};
use crm_core::tasks::{TaskAgendaQuery, TaskPriority, TaskQuery, TaskSort, TaskStatus, TaskType};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::{parsed, separated};

/// The filters and the order of a list of tasks.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only tasks whose title contains all these words, ignoring case and accents.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// A filter, as JSON: `{"field": "dueDate", "op": "lt", "value": "2026-07-01"}`. Fields are `id`, `title`,
    /// `customerId`, `dealId`, `interactionId`, `parentTaskId`, `seriesId`, `assigneeId` (`me` is the caller), `type`,
    /// `status`, `priority`, `origin`, `dueAt`, `dueDate`, `startAt`, `completedAt`, `createdAt` and `updatedAt`; nodes
    /// and operators are those of the list of customers.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Only these types, separated by commas.
    #[serde(default, rename = "type", deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<TaskType>)]
    task_type: Vec<TaskType>,
    /// Only these statuses, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<TaskStatus>)]
    status: Vec<TaskStatus>,
    /// Only these priorities, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<TaskPriority>)]
    priority: Vec<TaskPriority>,
    /// Only tasks of this assignee; `me` for your own, `none` for tasks without an assignee.
    #[param(nullable = false, value_type = Option<String>)]
    assignee_id: Option<OwnerFilter>,
    /// Only tasks with this collaborator; `me` for yourself, `none` for tasks without collaborators.
    #[param(nullable = false, value_type = Option<String>)]
    collaborator_id: Option<OwnerFilter>,
    /// Only tasks for this customer or lead.
    #[param(nullable = false)]
    customer_id: Option<CustomerId>,
    /// Only tasks for this deal.
    #[param(nullable = false)]
    deal_id: Option<DealId>,
    /// Only parts of this task.
    #[param(nullable = false)]
    parent_task_id: Option<TaskId>,
    /// Only overdue tasks (`true`), or only others (`false`). A task is overdue if it is open and was due before now.
    #[param(nullable = false)]
    overdue: Option<bool>,
    /// Only tasks that are due at or after this time; a date is due at the end of its day. Times can be relative:
    /// `now`, `now-30d`, `now+7d`.
    #[param(nullable = false, value_type = Option<String>)]
    due_from: Option<TimeBound>,
    /// Only tasks that are due before this time; a date is due at the end of its day.
    #[param(nullable = false, value_type = Option<String>)]
    due_to: Option<TimeBound>,
    /// List the trash instead. For users who may restore tasks.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
    /// The order: `dueAt` (tasks that are never due come last), `priority`, `createdAt` or `updatedAt`. A `-` in front
    /// reverses it, and with it tasks that are never due come first.
    #[param(nullable = false, default = "dueAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub(super) fn query(self) -> Result<TaskQuery, ApiError> {
        let Self { filter, task_type, status, priority, assignee_id, customer_id, overdue, .. } = self;
        let Self { q, collaborator_id, deal_id, parent_task_id, due_from, due_to, trashed, sort, .. } = self;
        Ok(TaskQuery {
            text: q,
            filter: parsed(filter)?,
            task_type,
            status,
            priority,
            assignee: assignee_id,
            collaborator: collaborator_id,
            customer: customer_id,
            deal: deal_id,
            parent: parent_task_id,
            overdue,
            due_from,
            due_to,
            trashed: trashed.unwrap_or_default(),
            sort: parsed::<TaskSort>(sort)?.unwrap_or_default(),
        })
    }
}

/// The days and the assignee of an agenda.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AgendaParameters {
    /// The first day, in the company's time zone: `2026-06-01`. The default is today.
    #[param(nullable = false)]
    from: Option<NaiveDate>,
    /// The last day, which is included; at most 31 days. The default is the sixth day after the first.
    #[param(nullable = false)]
    to: Option<NaiveDate>,
    /// Only tasks of this assignee; `me` for your own, `none` for tasks without an assignee.
    #[param(nullable = false, value_type = Option<String>)]
    assignee_id: Option<OwnerFilter>,
}

impl From<AgendaParameters> for TaskAgendaQuery {
    fn from(parameters: AgendaParameters) -> Self {
        let AgendaParameters { from, to, assignee_id: assignee } = parameters;
        Self { from, to, assignee }
    }
}
