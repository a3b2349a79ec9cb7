//! A task as pages show it.

use crm_core::actor::{Action, Resource};
use crm_core::ids::CustomerId;
use crm_core::tasks::{ChecklistItem, Task, TaskPriority, TaskType};

use super::due::{days, due};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::interactions::PartyNames;
use crate::web::{Frame, Visit};

/// One task.
pub(crate) struct Row {
    pub icon: &'static str,
    pub title: String,
    pub kind: String,
    /// The words for its priority, unless it is the usual one.
    pub priority: Option<String>,
    pub status: &'static str,
    pub status_label: String,
    /// The name of the customer, and the address of the page.
    pub customer: Option<(String, String)>,
    pub assignee: Option<String>,
    /// How many of its steps are done.
    pub steps: Option<String>,
    pub due: Option<Shown>,
    /// The time of day in the zone of the company, if it is due at a time.
    pub clock: Option<Shown>,
    pub is_late: bool,
    pub is_open: bool,
    pub may_update: bool,
    pub may_delete: bool,
    /// The address of the task, and the way back for its forms.
    url: String,
    back: String,
}

impl Row {
    /// `back` is the page that shows it.
    pub(super) fn of(visit: &Visit, task: &Task, names: &PartyNames, back: &str) -> Self {
        let frame = &visit.frame;
        let name = |id: CustomerId| Some((names.get(&id)?.clone(), frame.url(&names.path(id))));
        let may = |action| visit.may(Resource::Tasks, action, task.assignee_id);
        let is_usual = task.priority == TaskPriority::default();
        Self {
            icon: icon(task.task_type),
            title: task.title.clone(),
            kind: frame.named("task-type", task.task_type.as_str()),
            priority: (!is_usual).then(|| frame.named("task-priority", task.priority.as_str())),
            status: task.status.as_str(),
            status_label: frame.named("task-status", task.status.as_str()),
            customer: task.customer_id.and_then(name),
            assignee: task.assignee.as_ref().and_then(|assignee| assignee.display_name.clone()),
            steps: steps(frame, &task.checklist),
            due: due(visit, task),
            clock: task.due_at.map(|at| days(visit).clock(at)),
            is_late: task.is_overdue,
            is_open: task.status.is_open(),
            may_update: may(Action::Update),
            may_delete: may(Action::Delete),
            url: frame.url(&format!("tasks/{}", task.id)),
            back: Fields::default().with("back", back).query(),
        }
    }

    /// The address of its page.
    pub(crate) fn page(&self) -> String {
        format!("{}{}", self.url, self.back)
    }

    /// The address of its form.
    pub(crate) fn edit(&self) -> String {
        format!("{}/edit{}", self.url, self.back)
    }

    /// Where it is completed, reopened or deleted.
    pub(crate) fn act(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }
}

/// The icon of a type of task.
pub(crate) fn icon(kind: TaskType) -> &'static str {
    match kind {
        TaskType::Todo => "list-checks",
        TaskType::Call => "phone",
        TaskType::Email => "mail",
        TaskType::Meeting => "calendar",
        TaskType::FollowUp => "rotate-cw",
        TaskType::Deadline => "calendar-clock",
        TaskType::Document => "pencil",
    }
}

/// How many steps are done, in words; nothing without steps.
pub(crate) fn steps(frame: &Frame, checklist: &[ChecklistItem]) -> Option<String> {
    let done = checklist.iter().filter(|step| step.is_done).count();
    (!checklist.is_empty()).then(|| frame.w("task-steps", &format!("{done}/{}", checklist.len())))
}
