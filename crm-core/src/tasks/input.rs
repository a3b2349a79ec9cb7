//! The input for tasks.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{ChecklistItem, Task, TaskPriority, TaskReminder, TaskStatus, TaskType};
use super::validate;
use crate::base::ids::{CustomerId, DealId, InteractionId, TaskId, UserId};
use crate::base::patch::{Patch, apply_fields, patch};

/// A task to add, or all writable fields of one to replace. An absent or `null` field has no value, unless the field
/// describes a default.
///
/// ```
/// use crm_core::tasks::{NewTask, TaskPriority, TaskType};
///
/// let task = NewTask {
///     task_type: Some(TaskType::Call),
///     priority: Some(TaskPriority::High),
///     ..NewTask::titled("Call back about the quote")
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTask {
    /// The title, in one line.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Send the offer", max_length = 250))]
    pub title: Option<String>,
    /// The description, in Markdown; up to 65,536 characters.
    #[validate(length(max = 65_536))]
    #[cfg_attr(feature = "openapi", schema(example = "With the **new** prices", max_length = 65_536))]
    pub description: Option<String>,
    /// The type of the task; `todo` if absent.
    #[serde(rename = "type")]
    pub task_type: Option<TaskType>,
    /// The status. If absent, a new task is `not_started`, and an existing one keeps its status.
    pub status: Option<TaskStatus>,
    /// The priority; `normal` if absent.
    pub priority: Option<TaskPriority>,
    /// The time at which the task is due; not together with `dueDate`.
    #[validate(custom(function = validate::time))]
    pub due_at: Option<DateTime<Utc>>,
    /// The day by the end of which the task is due, in the company's time zone; not together with `dueAt`.
    #[validate(custom(function = validate::date))]
    pub due_date: Option<NaiveDate>,
    /// The time at which work on the task is to begin; not after it is due.
    #[validate(custom(function = validate::time))]
    pub start_at: Option<DateTime<Utc>>,
    /// The result; only of a completed task; up to 2,000 characters.
    #[validate(length(max = 2_000))]
    #[cfg_attr(feature = "openapi", schema(example = "Sent on Friday", max_length = 2_000))]
    pub result: Option<String>,
    /// The assignee; `null` for nobody. If absent, you are the assignee of a new task, and an existing one keeps its
    /// assignee.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub assignee_id: Patch<UserId>,
    /// The users who work on the task as well, and are told of it; at most 20.
    #[validate(length(max = 20))]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub collaborator_ids: Option<Vec<UserId>>,
    /// The customer or the lead that the task is for; the customer of the deal if absent.
    pub customer_id: Option<CustomerId>,
    /// The deal that the task is for; one of the customer.
    pub deal_id: Option<DealId>,
    /// The interaction that the task comes from; one with the same customer, if the task has one.
    pub interaction_id: Option<InteractionId>,
    /// The task that this one is part of, which is itself part of none.
    pub parent_task_id: Option<TaskId>,
    /// The steps of the task, in their order; at most 100.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub checklist: Option<Vec<ChecklistItem>>,
    /// When the assignee and the collaborators are reminded of the task; at most 5, and only of a task that is due.
    #[validate(length(max = 5))]
    #[cfg_attr(feature = "openapi", schema(max_items = 5))]
    pub reminders: Option<Vec<TaskReminder>>,
    /// A rule of RFC 5545: when the task is completed, the next one is added. Only of a task that is due, and at most
    /// every hour.
    #[validate(length(max = 500))]
    #[cfg_attr(feature = "openapi", schema(example = "FREQ=WEEKLY;BYDAY=MO", max_length = 500))]
    pub recurrence: Option<String>,
}

impl NewTask {
    /// The writable fields by their JSON names. A PUT requires all of them.
    pub const FIELDS: &'static [&'static str] = &[
        "title",
        "description",
        "type",
        "status",
        "priority",
        "dueAt",
        "dueDate",
        "startAt",
        "result",
        "assigneeId",
        "collaboratorIds",
        "customerId",
        "dealId",
        "interactionId",
        "parentTaskId",
        "checklist",
        "reminders",
        "recurrence",
    ];

    /// The fields of a [`Task`] that a PUT ignores.
    pub const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "isTruncated",
        "isOverdue",
        "completedAt",
        "completedBy",
        "assignee",
        "seriesId",
        "nextTaskId",
        "origin",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// A task with this title.
    pub fn titled(title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..Self::default() }
    }

    /// A task that is due at this time.
    #[must_use]
    pub fn due(self, at: DateTime<Utc>) -> Self {
        Self { due_at: Some(at), due_date: None, ..self }
    }

    /// A task that is due by the end of this day.
    #[must_use]
    pub fn due_on(self, day: NaiveDate) -> Self {
        Self { due_at: None, due_date: Some(day), ..self }
    }

    /// A task for this deal, and for its customer.
    #[must_use]
    pub fn for_deal(self, deal: DealId) -> Self {
        Self { deal_id: Some(deal), ..self }
    }

    /// A task for this customer.
    #[must_use]
    pub fn for_customer(self, customer: CustomerId) -> Self {
        Self { customer_id: Some(customer), ..self }
    }
}

impl From<&Task> for NewTask {
    /// The input that would produce this task, which must not be an excerpt ([`Task::is_truncated`]).
    fn from(task: &Task) -> Self {
        let task = task.clone();
        Self {
            title: Some(task.title),
            description: task.description,
            task_type: Some(task.task_type),
            status: Some(task.status),
            priority: Some(task.priority),
            due_at: task.due_at,
            due_date: task.due_date,
            start_at: task.start_at,
            result: task.result,
            assignee_id: task.assignee_id.into(),
            collaborator_ids: Some(task.collaborator_ids),
            customer_id: task.customer_id,
            deal_id: task.deal_id,
            interaction_id: task.interaction_id,
            parent_task_id: task.parent_task_id,
            checklist: Some(task.checklist),
            reminders: Some(task.reminders),
            recurrence: task.recurrence,
        }
    }
}

patch! {
    /// A change of a task (RFC 7396): absent fields stay unchanged, `null` clears a field. Lists are replaced as a
    /// whole. Of `dueAt` and `dueDate`, setting one clears the other.
    TaskPatch {
        /// The title, in one line.
        title: String [max_length = 250],
        /// The description, in Markdown.
        description: String [max_length = 65_536],
        /// The type of the task.
        #[serde(rename = "type")]
        task_type: TaskType,
        /// The status; a closed task keeps its status until it is reopened. `null` changes nothing.
        status: TaskStatus,
        /// The priority.
        priority: TaskPriority,
        /// The time at which the task is due.
        due_at: DateTime<Utc>,
        /// The day by the end of which the task is due, in the company's time zone.
        due_date: NaiveDate,
        /// The time at which work on the task is to begin; not after it is due.
        start_at: DateTime<Utc>,
        /// The result; only of a completed task.
        result: String [max_length = 2_000],
        /// The assignee; `null` for nobody.
        assignee_id: UserId,
        /// The users who work on the task as well; replaces all.
        collaborator_ids: Vec<UserId> [max_items = 20],
        /// The customer that the task is for.
        customer_id: CustomerId,
        /// The deal that the task is for; one of the customer.
        deal_id: DealId,
        /// The interaction that the task comes from.
        interaction_id: InteractionId,
        /// The task that this one is part of.
        parent_task_id: TaskId,
        /// The steps of the task; replaces all.
        checklist: Vec<ChecklistItem> [max_items = 100],
        /// When the assignee and the collaborators are reminded of the task; replaces all.
        reminders: Vec<TaskReminder> [max_items = 5],
        /// A rule of RFC 5545. Together with a new time or day it moves the series; without it only this task is moved.
        recurrence: String [max_length = 500],
    }
}

impl TaskPatch {
    /// The task after the change.
    pub(super) fn apply(self, task: &Task) -> NewTask {
        let mut draft = NewTask::from(task);
        if self.due_at.value().is_some() {
            draft.due_date = None;
        }
        if self.due_date.value().is_some() {
            draft.due_at = None;
        }
        apply_fields!(self => draft:
            title, description, task_type, status, priority, due_at, due_date, start_at, result, collaborator_ids,
            customer_id, deal_id, interaction_id, parent_task_id, checklist, reminders, recurrence; assignee_id
        );
        if !assignee_id.is_absent() {
            draft.assignee_id = assignee_id;
        }
        draft
    }
}
