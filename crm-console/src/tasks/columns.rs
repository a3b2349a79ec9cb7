//! The columns of the list of tasks.

use crm_core::tasks::{Task, TaskSort};

use super::due::due;
use super::row::steps;
use super::state::{State, TASKS};
use crate::interactions::PartyNames;
use crate::lists::{Cell, Column, label};
use crate::web::{Frame, Visit};

/// What the cells of a page have in common.
pub(super) struct Cells<'p> {
    pub visit: &'p Visit,
    /// The names of customers.
    pub names: &'p PartyNames,
    pub columns: &'p [String],
}

/// The headings.
pub(super) fn headings(frame: &Frame, state: &State, columns: &[String]) -> Vec<Column> {
    let sort = state.query.sort;
    let heading = |name: &String| {
        let own: Option<TaskSort> = name.parse().ok();
        let is_active = own.is_some_and(|own| own.key == sort.key);
        let active = is_active.then_some(sort.descending);
        Column::new(frame, &TASKS, &state.fields, (name, label(frame, &TASKS, name)), own.is_some(), active)
    };
    columns.iter().map(heading).collect()
}

impl Cells<'_> {
    /// The values of a task, but for the title.
    pub(super) fn of(&self, task: &Task) -> Vec<(String, Cell)> {
        self.columns.iter().skip(1).map(|name| (name.clone(), self.cell(task, name))).collect()
    }

    fn cell(&self, task: &Task, name: &str) -> Cell {
        let (frame, calendar) = (&self.visit.frame, &self.visit.frame.calendar);
        let time = match name {
            "dueAt" => due(self.visit, task),
            "startAt" => task.start_at.map(|at| calendar.full(at)),
            "completedAt" => task.completed_at.map(|at| calendar.full(at)),
            "createdAt" => Some(calendar.relative(task.created_at)),
            "updatedAt" => Some(calendar.relative(task.updated_at)),
            _ => None,
        };
        if let Some(shown) = time {
            return Cell::Time { shown, is_late: name == "dueAt" && task.is_overdue };
        }
        let text = match name {
            "customerId" => match task.customer_id.and_then(|id| Some((id, self.names.get(&id)?))) {
                Some((id, name)) => return Cell::Link { url: frame.url(&self.names.path(id)), text: name.clone() },
                None => String::new(),
            },
            "status" => {
                let value = task.status.as_str();
                return Cell::State { value, label: frame.named("task-status", value) };
            }
            "type" => frame.named("task-type", task.task_type.as_str()),
            "priority" => frame.named("task-priority", task.priority.as_str()),
            "origin" => frame.named("task-origin", task.origin.as_str()),
            "assigneeId" => {
                task.assignee.as_ref().and_then(|assignee| assignee.display_name.clone()).unwrap_or_default()
            }
            "checklist" => steps(frame, &task.checklist).unwrap_or_default(),
            "result" => task.result.clone().unwrap_or_default(),
            _ => String::new(),
        };
        Cell::Text(text)
    }
}
