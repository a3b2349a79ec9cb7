//! Filters and orders of lists of tasks.

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use serde::Serialize;
use serde_json::json;

use super::collaborators;
use super::due::{Calendar, is_open, never};
use super::model::{Task, TaskOrigin, TaskPriority, TaskStatus, TaskType};
use super::row;
use crate::base::error::{Malformed, Result};
use crate::base::ids::{CustomerId, DealId, TaskId};
use crate::base::text::fold;
use crate::query::filter::{Compiler, Field, FieldKind, Filter, Op, TimeBound, contains, expect_few, field};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::users::OwnerFilter;

/// The maximum length of the words that titles are searched for, in characters.
const MAX_TEXT_LENGTH: usize = 200;

/// The sort keys of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSortKey {
    /// The moment at which they are due; those that are never due come after all others.
    DueAt,
    /// Their priority, from low to urgent.
    Priority,
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
}

/// An order of tasks.
pub type TaskSort = Sort<TaskSortKey>;

impl SortKey for TaskSortKey {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::DueAt, "dueAt"),
        (Self::Priority, "priority"),
        (Self::CreatedAt, "createdAt"),
        (Self::UpdatedAt, "updatedAt"),
    ];
    const DESCENDING: bool = false;
}

/// The tasks in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskQuery {
    /// Only tasks whose title contains all these words, in any case, with or without accents; at most 200 characters.
    pub text: Option<String>,
    /// A filter over the fields of a task.
    pub filter: Option<Filter>,
    /// Only these types.
    #[serde(rename = "type")]
    pub task_type: Vec<TaskType>,
    /// Only these statuses.
    pub status: Vec<TaskStatus>,
    /// Only these priorities.
    pub priority: Vec<TaskPriority>,
    /// Only tasks of this assignee.
    pub assignee: Option<OwnerFilter>,
    /// Only tasks with this collaborator.
    pub collaborator: Option<OwnerFilter>,
    /// Only for this customer.
    pub customer: Option<CustomerId>,
    /// Only for this deal.
    pub deal: Option<DealId>,
    /// Only parts of this task.
    pub parent: Option<TaskId>,
    /// Only overdue tasks, or only others.
    pub overdue: Option<bool>,
    /// Only tasks that are due at or after this time.
    pub due_from: Option<TimeBound>,
    /// Only tasks that are due before this time.
    pub due_to: Option<TimeBound>,
    /// List the trash instead; requires the right to restore.
    pub trashed: bool,
    /// The order.
    #[serde(skip)]
    pub sort: TaskSort,
}

/// The fields that tasks can be filtered by.
const FIELDS: &[Field] = &[
    field("id", "id", FieldKind::Id),
    field("customerId", "customer_id", FieldKind::Id),
    field("dealId", "deal_id", FieldKind::Id),
    field("interactionId", "interaction_id", FieldKind::Id),
    field("parentTaskId", "parent_task_id", FieldKind::Id),
    field("seriesId", "series_id", FieldKind::Id),
    field("title", "title_key", FieldKind::Folded { searched: false }),
    field("assigneeId", "assignee_id", FieldKind::Id),
    field("type", "type", FieldKind::Name(TaskType::NAMES)),
    field("status", "status", FieldKind::Name(TaskStatus::NAMES)),
    field("priority", "priority", FieldKind::Name(TaskPriority::NAMES)),
    field("origin", "origin", FieldKind::Name(TaskOrigin::NAMES)),
    field("dueAt", "due_at", FieldKind::Time),
    field("dueDate", "due_date", FieldKind::Date),
    field("startAt", "start_at", FieldKind::Time),
    field("completedAt", "completed_at", FieldKind::Time),
    field("createdAt", "created_at", FieldKind::Time),
    field("updatedAt", "updated_at", FieldKind::Time),
];

impl TaskQuery {
    fn as_filter(&self) -> Filter {
        let Self { filter, task_type, status, priority, assignee, customer, deal, parent, .. } = self;
        let mut all: Vec<Filter> = filter.iter().cloned().collect();
        let lists = [("type", json!(task_type)), ("status", json!(status)), ("priority", json!(priority))];
        let is_asked = |(_, names): &(_, serde_json::Value)| names.as_array().is_some_and(|names| !names.is_empty());
        all.extend(lists.into_iter().filter(is_asked).map(|(field, names)| Filter::leaf(field, Op::In, names)));
        all.extend(assignee.map(|assignee| assignee.filter("assigneeId")));
        all.extend(customer.map(|customer| Filter::leaf("customerId", Op::Eq, customer.to_string())));
        all.extend(deal.map(|deal| Filter::leaf("dealId", Op::Eq, deal.to_string())));
        all.extend(parent.map(|parent| Filter::leaf("parentTaskId", Op::Eq, parent.to_string())));
        Filter::All(all)
    }

    /// The condition for the rows, either inside or outside the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for the trash without the right to restore; the errors of the
    /// filter; [`Malformed`] for too long a text; [`Error::Invalid`](crate::Error::Invalid) for a list with more than
    /// [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, scope: &CompanyScope<'_>, calendar: Calendar) -> Result<Expr> {
        expect_few("type", &self.task_type)?;
        expect_few("status", &self.status)?;
        expect_few("priority", &self.priority)?;
        if self.trashed {
            scope.reach(Resource::Tasks, Action::Restore)?;
        }
        let compiler = Compiler {
            table: row::TABLE,
            fields: FIELDS,
            search_text: "description",
            postgres: scope.is_postgres(),
            me: scope.actor().user_id(),
            custom: None,
        };
        let deleted_at = Expr::col((row::TABLE, "deleted_at"));
        let trash = if self.trashed { deleted_at.is_not_null() } else { deleted_at.is_null() };
        let mut condition = self.titled(trash.and(compiler.compile(&self.as_filter())?), scope.is_postgres())?;
        if let Some(collaborator) = self.collaborator {
            let user = collaborator.user(scope.actor().user_id())?;
            condition = condition.and(collaborators::of(scope.company_id(), user));
        }
        Ok(self.due_within(self.overdue_or_not(condition, calendar), calendar))
    }

    fn titled(&self, mut condition: Expr, postgres: bool) -> Result<Expr> {
        let text = self.text.as_deref().unwrap_or_default();
        if text.chars().count() > MAX_TEXT_LENGTH {
            let detail = format!("at most {MAX_TEXT_LENGTH} characters");
            return Err(Malformed::new("parameter_invalid", "q", detail).into());
        }
        for word in fold(text).split_whitespace() {
            condition = condition.and(contains(Expr::col((row::TABLE, "title_key")), word, postgres));
        }
        Ok(condition)
    }

    fn overdue_or_not(&self, condition: Expr, calendar: Calendar) -> Expr {
        match self.overdue {
            Some(true) => condition.and(calendar.is_overdue()),
            Some(false) => {
                let overdue: Expr = Func::coalesce([calendar.is_overdue(), Expr::val(false)]).into();
                condition.and(overdue.not())
            }
            None if self.wants_open() => condition.and(is_open()),
            None => condition,
        }
    }

    fn due_within(&self, mut condition: Expr, calendar: Calendar) -> Expr {
        let key = || Expr::col((row::TABLE, "due_key"));
        if let Some(from) = self.due_from {
            condition = condition.and(key().gte(from.resolved(calendar.now))).and(key().lt(never()));
        }
        if let Some(to) = self.due_to {
            condition = condition.and(key().lt(to.resolved(calendar.now)));
        }
        condition
    }

    /// Whether only open tasks are listed.
    fn wants_open(&self) -> bool {
        !self.status.is_empty() && self.status.iter().all(|status| status.is_open())
    }
}

/// The order of the rows.
pub(super) fn order(sort: TaskSort) -> Order {
    let (column, kind) = match sort.key {
        TaskSortKey::DueAt => ("due_key", KeyKind::Time),
        TaskSortKey::Priority => ("priority_key", KeyKind::Number),
        TaskSortKey::CreatedAt => ("created_at", KeyKind::Time),
        TaskSortKey::UpdatedAt => ("updated_at", KeyKind::Time),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: TaskSort, task: &Task) -> Key {
    match sort.key {
        TaskSortKey::DueAt => Key::Time(task.due_key),
        TaskSortKey::Priority => Key::Number(task.priority as i64),
        TaskSortKey::CreatedAt => Key::Time(task.created_at),
        TaskSortKey::UpdatedAt => Key::Time(task.updated_at),
    }
}
