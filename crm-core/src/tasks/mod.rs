//! Tasks: what the company's users have to do, for a customer or not.
//!
//! A task has a [type](TaskType), a [status](TaskStatus), a [priority](TaskPriority), and an *assignee* among the
//! company's users. It can be a task for a customer, and can come from an interaction.
//!
//! - A task is due at a time (`dueAt`) or by the end of a day (`dueDate`), or never. Days are those of the company's
//!   time zone.
//! - A completed or canceled task is *closed*, and all others are *open*. A closed task keeps its status until it is
//!   reopened; its other fields can still be corrected.
//! - An open task is *overdue* when its time has passed. That is computed when the task is read, and not stored.
//! - [`Tasks::complete`] closes a task and records its result. A retry with the same input changes nothing.
//!   [`Tasks::reopen`] opens a closed task again.
//! - The assignee is notified when an open task is due, and as its [reminders](TaskReminder) say. Both move with the
//!   task, and go when it is closed.
//! - *Collaborators* work on a task besides its assignee: they are told of it, and have no more rights.
//! - A task can be for a *deal* of its customer, and part of another task, its *parent*.
//! - A task with a [`recurrence`](Task::recurrence) is followed by another one when it is completed, in the same
//!   transaction; the tasks of such a series have one [`series_id`](Task::series_id).
//! - A task for a customer is visible to users who see the customer, and one for a deal to those who see the deal as
//!   well. Others are visible to all who read tasks. What holds for tasks of customers holds for those of leads.
//! - *Deleted* tasks are in the trash until they are restored. Deleting, restoring, merging or purging a customer
//!   includes its tasks; tasks without a customer stay as they are.
//! - Lists sort by the moment at which a task is due, which is stored. A date has the end of its day in the time zone
//!   that the company had when the task was last written. What is overdue follows the present time zone.

mod agenda;
mod collaborator_row;
mod collaborators;
mod completion;
mod due;
mod input;
mod model;
mod query;
mod recurrence;
mod references;
mod reminders;
mod repo;
mod row;
mod series;
mod stored_query;
mod timer_row;
mod timers;
mod validate;

pub(crate) use agenda::due_of;
pub use agenda::{TaskAgenda, TaskAgendaQuery, TaskDay};
pub use completion::TaskCompletion;
pub(crate) use due::{Calendar, ZONE_CHANGE};
pub use input::{NewTask, TaskPatch};
pub use model::{ChecklistItem, ReminderChannel, Task, TaskOrigin, TaskPriority, TaskReminder, TaskStatus, TaskType};
pub use query::{TaskQuery, TaskSort, TaskSortKey};
pub(crate) use references::forget;
pub(crate) use reminders::{TaskAlarm, open_task};
pub use repo::Tasks;
pub(crate) use repo::ensure_visible;
pub(crate) use row::of_customers;
pub(crate) use stored_query::checked_query;

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::deals;
use crate::scope::FromRow;
use crate::scope::visibility::Access;
use crate::timeline::{Branch, TimelineKind};

crate::scope::company_owned!(row, Id, Version);
crate::scope::company_owned!(timer_row, TaskId, RemindAt);

pub(crate) static ACCESS: Access = Access {
    table: row::TABLE,
    resource: Resource::Tasks,
    owner: "assignee_id",
    has_private: false,
    link: Some(("deal_id", &deals::ACCESS)),
};

pub(crate) static CHILD: Child = Child {
    table: row::TABLE,
    kind: Some(Kind::Task),
    timeline: Some(Branch {
        kind: TimelineKind::Task,
        at: "created_at",
        access: &ACCESS,
        columns: |_| &row::EXCERPT,
        read: |row| Ok(Task::from_row(row)?.into()),
    }),
};
