//! From input to stored values: normalises, applies defaults and validates, and reports all errors at once.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use validator::{Validate, ValidationError};

use super::due::Calendar;
use super::input::NewTask;
use super::model::{Task, TaskStatus};
use super::recurrence;
use crate::base::clock;
use crate::base::error::Violations;
use crate::base::patch::Patch;
use crate::base::rights::ActorRef;
use crate::base::text;
use crate::base::validation::{self, Read, invalid, normalise};

/// The maximum length of a step, in characters.
const MAX_STEP: usize = 250;
/// How long before it is due a task has a reminder at most: 30 days, in minutes.
const MAX_MINUTES_BEFORE: u32 = 30 * 24 * 60;

/// The range of plausible times.
pub(super) fn time(time: &DateTime<Utc>) -> Result<(), ValidationError> {
    if clock::stored(*time).is_some_and(|time| time.year() >= 1900) {
        return Ok(());
    }
    Err(invalid("out_of_range", "expected a time of the years 1900 to 9999"))
}

/// The range of plausible dates: the end of each is a time that can be stored.
pub(super) fn date(date: &NaiveDate) -> Result<(), ValidationError> {
    if is_plausible(*date) {
        return Ok(());
    }
    Err(invalid("out_of_range", "expected a date of the years 1900 to 9998"))
}

/// Whether the start and the end of this day can be stored.
pub(super) fn is_plausible(day: NaiveDate) -> bool {
    (1900..=9998).contains(&day.year())
}

/// The precision that both databases store; the range is checked by [`time`].
pub(super) fn cut(time: DateTime<Utc>) -> DateTime<Utc> {
    clock::stored(time).unwrap_or(time)
}

impl NewTask {
    /// Trims all texts, clears empty ones, applies defaults, and checks every rule. `before` is the stored task, if it
    /// exists.
    pub(super) fn validated(mut self, before: Option<&Task>, calendar: Calendar) -> Result<Self, Violations> {
        let mut violations = self.normalise();
        self.apply_defaults(before);
        self.check_due(calendar, &mut violations);
        self.check_collaborators(&mut violations);
        self.check_reminders(&mut violations);
        self.check_recurrence(calendar, &mut violations);
        if self.result.is_some() && self.status != Some(TaskStatus::Completed) {
            violations.add("/result", "not_completed", "only a completed task has a result");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    fn normalise(&mut self) -> Violations {
        let mut violations = Violations::default();
        let texts: [(&mut Option<String>, &str, Read); 4] = [
            (&mut self.title, "/title", text::line),
            (&mut self.description, "/description", text::block),
            (&mut self.result, "/result", text::block),
            (&mut self.recurrence, "/recurrence", text::line),
        ];
        for (field, pointer, read) in texts {
            normalise(field, pointer, read, &mut violations);
        }
        if self.title.is_none() {
            violations.add("/title", "required", "a task needs a title");
        }
        for time in [&mut self.due_at, &mut self.start_at] {
            *time = time.map(cut);
        }
        self.recurrence = self.recurrence.as_deref().map(recurrence::normal);
        self.normalise_checklist(&mut violations);
        violations
    }

    fn normalise_checklist(&mut self, violations: &mut Violations) {
        for (index, step) in self.checklist.iter_mut().flatten().enumerate() {
            let pointer = format!("/checklist/{index}/text");
            let mut stored = Some(std::mem::take(&mut step.text));
            normalise(&mut stored, &pointer, text::line, violations);
            step.text = stored.unwrap_or_default();
            if step.text.is_empty() {
                violations.add(pointer, "required", "a step needs a text");
            } else if step.text.chars().count() > MAX_STEP {
                violations.add(pointer, "too_long", format!("at most {MAX_STEP} long"));
            }
        }
    }

    /// Applies the defaults of the assignee and the status.
    fn apply_defaults(&mut self, before: Option<&Task>) {
        if let Some(before) = before.filter(|_| self.assignee_id.is_absent()) {
            self.assignee_id = before.assignee_id.into();
        }
        self.status = Some(self.status.or(before.map(|before| before.status)).unwrap_or_default());
    }

    fn check_due(&self, calendar: Calendar, violations: &mut Violations) {
        if self.due_at.is_some() && self.due_date.is_some() {
            return violations.add("/dueDate", "unexpected", "a task is due at a time or on a date, not both");
        }
        // A date outside the range has no end; it is reported as such.
        let (Some(start_at), true) = (self.start_at, self.due_date.is_none_or(is_plausible)) else {
            return;
        };
        let pointer = if self.due_date.is_some() { "/dueDate" } else { "/dueAt" };
        if start_at > calendar.key(self.due_at, self.due_date) {
            violations.add(pointer, "before_start", "the task must not be due before it starts");
        }
    }

    fn check_collaborators(&self, violations: &mut Violations) {
        let users = self.collaborator_ids.as_deref().unwrap_or_default();
        for (index, user) in users.iter().enumerate() {
            if users[..index].contains(user) {
                violations.add(format!("/collaboratorIds/{index}"), "duplicate", "this user is there already");
            }
        }
    }

    fn check_reminders(&self, violations: &mut Violations) {
        let reminders = self.reminders.as_deref().unwrap_or_default();
        if !reminders.is_empty() && self.due_at.is_none() && self.due_date.is_none() {
            violations.add("/reminders", "due_required", "only a task that is due has reminders");
        }
        for (index, reminder) in reminders.iter().enumerate() {
            if reminder.minutes_before > MAX_MINUTES_BEFORE {
                let pointer = format!("/reminders/{index}/minutesBefore");
                violations.add(pointer, "out_of_range", format!("at most {MAX_MINUTES_BEFORE} minutes"));
            } else if reminders[..index].contains(reminder) {
                violations.add(format!("/reminders/{index}"), "duplicate", "the task has this reminder already");
            }
        }
    }

    fn check_recurrence(&self, calendar: Calendar, violations: &mut Violations) {
        const POINTER: &str = "/recurrence";
        let Some(rule) = self.recurrence.as_deref().filter(|rule| rule.len() <= recurrence::MAX_LENGTH) else {
            return;
        };
        match calendar.local(self.due_at, self.due_date) {
            None => violations.add(POINTER, "due_required", "only a task that is due recurs"),
            // A time outside the range is reported as such.
            Some(due) if !is_plausible(due.date()) => {}
            Some(due) => {
                if let Err(fault) = recurrence::check(rule, due, self.due_date.is_some()) {
                    violations.add(POINTER, "recurrence_invalid", fault);
                }
            }
        }
    }

    /// Writes validated input into a task. The caller sets the assignee's name.
    pub(super) fn write(self, task: &mut Task, calendar: Calendar, by: ActorRef) {
        let Self {
            title,
            description,
            task_type,
            status,
            priority,
            due_at,
            due_date,
            start_at,
            result,
            assignee_id,
            collaborator_ids,
            customer_id,
            deal_id,
            interaction_id,
            parent_task_id,
            checklist,
            reminders,
            recurrence,
        } = self;
        task.title = title.unwrap_or_default();
        task.description = description;
        task.task_type = task_type.unwrap_or_default();
        task.priority = priority.unwrap_or_default();
        task.due_at = due_at;
        task.due_date = due_date;
        task.due_key = calendar.key(due_at, due_date);
        task.start_at = start_at;
        task.result = result;
        task.assignee_id = match assignee_id {
            Patch::Absent | Patch::Clear => None,
            Patch::Set(assignee) => Some(assignee),
        };
        task.collaborator_ids = collaborator_ids.unwrap_or_default();
        task.customer_id = customer_id;
        task.deal_id = deal_id;
        task.interaction_id = interaction_id;
        task.parent_task_id = parent_task_id;
        task.checklist = checklist.unwrap_or_default();
        task.reminders = reminders.unwrap_or_default();
        task.recurrence = recurrence;
        task.move_to(status.unwrap_or(task.status), calendar.now, by);
    }
}

impl Task {
    /// Gives the task a status. A task that is completed now keeps the time, and the actor.
    pub(super) fn move_to(&mut self, status: TaskStatus, now: DateTime<Utc>, by: ActorRef) {
        let is_completed = status == TaskStatus::Completed;
        if !is_completed {
            (self.completed_at, self.completed_by, self.completion_digest) = (None, None, None);
        } else if self.completed_at.is_none() {
            (self.completed_at, self.completed_by) = (Some(now), Some(by));
        }
        self.status = status;
    }
}
