//! Series: the next task is made when one that recurs is completed.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::due::Calendar;
use super::model::{ChecklistItem, Task, TaskStatus};
use super::recurrence;
use super::validate::is_plausible;
use crate::base::ids::CustomerId;
use crate::base::rights::ActorRef;
use crate::scope::CompanyTx;
use crate::stats::instant;

/// Settles from where a task recurs. A series keeps its days when only the task is moved, unless `moves_series`.
pub(super) fn settle(before: Option<&Task>, after: &mut Task, moves_series: bool, calendar: Calendar) {
    if after.recurrence.is_none() {
        after.recurs_from = None;
        return;
    }
    let due = |task: &Task| (task.due_at, task.due_date);
    let keeps = before.is_some_and(|before| {
        let has_same_kind = before.due_date.is_some() == after.due_date.is_some();
        let stays = !moves_series || due(before) == due(after);
        before.recurrence == after.recurrence && has_same_kind && stays
    });
    if !keeps {
        after.recurs_from = local_due(after, calendar).map(|due| due.and_utc());
    }
    after.series_id = after.series_id.or(Some(after.id));
}

/// When a task is due by the company's clocks; a day begins at midnight.
fn local_due(task: &Task, calendar: Calendar) -> Option<NaiveDateTime> {
    calendar.local(task.due_at, task.due_date)
}

/// Whether a write ends a task of which there is to be another one.
fn is_followed(before: &Task, after: &Task) -> bool {
    let is_completed = before.status.is_open() && after.status == TaskStatus::Completed;
    is_completed && after.recurrence.is_some() && after.next_task_id.is_none()
}

/// The customer who has to be held for the next task, if it is not the one that is held.
pub(super) fn to_hold(before: &Task, after: &Task, held: Option<CustomerId>) -> Option<CustomerId> {
    after.customer_id.filter(|customer| is_followed(before, after) && Some(*customer) != held)
}

/// The next task of the series, if a task that recurs is completed and the series goes on. The completed one names it.
pub(super) fn follow(tx: &CompanyTx<'_>, before: &Task, after: &mut Task, calendar: Calendar) -> Option<Task> {
    if !is_followed(before, after) {
        return None;
    }
    let is_date = after.due_date.is_some();
    let is_ahead = |at: NaiveDateTime| match is_date {
        true => at.date() >= calendar.today(),
        false => instant(calendar.zone, at) > calendar.now,
    };
    let (rule, from) = (after.recurrence.as_deref()?, after.recurs_from?.naive_utc());
    let next = recurrence::next(rule, from, calendar.zone, is_ahead).filter(|next| is_plausible(next.at.date()))?;
    let mut task = Task::blank(tx.id().into(), tx.now(), ActorRef::from(tx.actor()));
    (task.due_at, task.due_date) = match is_date {
        true => (None, Some(next.at.date())),
        false => (Some(instant(calendar.zone, next.at)), None),
    };
    task.due_key = calendar.key(task.due_at, task.due_date);
    task.start_at = after.start_at.and_then(|start| moved(start, after, next.at, calendar));
    (task.recurrence, task.recurs_from, task.series_id) = (Some(next.rule), Some(next.at.and_utc()), after.series_id);
    copy(after, &mut task);
    after.next_task_id = Some(task.id);
    Some(task)
}

/// A time that is as long before the next day as it was before the last one, by the company's clocks.
fn moved(time: DateTime<Utc>, last: &Task, next: NaiveDateTime, calendar: Calendar) -> Option<DateTime<Utc>> {
    let later = next - local_due(last, calendar)?;
    let local = time.with_timezone(&calendar.zone).naive_local().checked_add_signed(later)?;
    Some(instant(calendar.zone, local))
}

/// What the next task has of the last one: all that is to be done again.
fn copy(last: &Task, next: &mut Task) {
    next.title.clone_from(&last.title);
    next.description.clone_from(&last.description);
    (next.task_type, next.priority, next.origin) = (last.task_type, last.priority, last.origin);
    (next.assignee_id, next.assignee) = (last.assignee_id, last.assignee.clone());
    next.collaborator_ids.clone_from(&last.collaborator_ids);
    (next.customer_id, next.deal_id) = (last.customer_id, last.deal_id);
    (next.interaction_id, next.parent_task_id) = (last.interaction_id, last.parent_task_id);
    next.checklist = last.checklist.iter().map(|step| ChecklistItem::new(&step.text)).collect();
    next.reminders.clone_from(&last.reminders);
}
