//! When a task has to be told of: when it is due, and at its reminders.
//!
//! Each of these moments is a row while it lies ahead. It is written with the task, moves with it, and goes when the
//! task is closed.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query};
use sea_orm::{EntityTrait, QueryTrait};

use super::due::Calendar;
use super::model::{ReminderChannel, Task, TaskReminder};
use super::timer_row::{self, TABLE};
use crate::base::ids::TaskId;
use crate::journal::Deferred;
use crate::scope::CompanyTx;
use crate::stats::instant;

/// The hour at which a task is due for its reminders, where it has a date and no time.
const HOUR_OF_DATES: u32 = 9;

impl Calendar {
    /// The moment that the reminders of a task count back from, if it is due at all: its time, or nine o'clock on its
    /// day.
    fn reminded_from(self, task: &Task) -> Option<DateTime<Utc>> {
        let of_day = || {
            let time = NaiveTime::from_hms_opt(HOUR_OF_DATES, 0, 0)?;
            Some(instant(self.zone, task.due_date?.and_time(time)))
        };
        task.due_at.or_else(of_day)
    }

    /// When a task has to be told of, in the order of the numbers: first that it is due. Nothing of what is closed or
    /// in the trash.
    fn moments(self, task: &Task) -> Vec<(ReminderChannel, DateTime<Utc>)> {
        let Some(due) = self.reminded_from(task).filter(|_| task.status.is_open() && !task.is_trashed()) else {
            return Vec::new();
        };
        let before =
            |reminder: &TaskReminder| (reminder.channel, due - TimeDelta::minutes(reminder.minutes_before.into()));
        [(ReminderChannel::InApp, due)].into_iter().chain(task.reminders.iter().map(before)).collect()
    }
}

/// Sets the moments of a task that is written, when the transaction ends. One that has passed is left out.
pub(super) fn set(tx: &mut CompanyTx<'_>, before: Option<&Task>, after: &Task) {
    let calendar = Calendar::of(&tx.company, tx.now());
    let moments = calendar.moments(after);
    let former = before.map(|before| calendar.moments(before)).unwrap_or_default();
    if moments == former {
        return;
    }
    if former.len() > moments.len() {
        let delete = remove(tx, after.id, moments.len());
        tx.defer([Deferred::Delete(delete)]);
    }
    if !moments.is_empty() {
        let insert = put(tx, after.id, &moments);
        tx.defer([Deferred::Insert(insert)]);
    }
}

/// Removes the moments from this number on.
fn remove(tx: &CompanyTx<'_>, task: TaskId, from: usize) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("task_id").eq(task.0))
        .and_where(Expr::col("number").gte(number(from)))
        .to_owned()
}

fn put(tx: &CompanyTx<'_>, task: TaskId, moments: &[(ReminderChannel, DateTime<Utc>)]) -> InsertStatement {
    use timer_row::Column;
    let rows = moments.iter().enumerate().map(|(place, (channel, at))| timer_row::ActiveModel {
        company_id: Set(tx.company.id.0),
        task_id: Set(task.0),
        number: Set(number(place)),
        channel: Set(channel.to_string()),
        remind_at: Set(Some(*at).filter(|at| *at > tx.now())),
    });
    let mut moved = OnConflict::columns([Column::CompanyId, Column::TaskId, Column::Number]);
    moved.update_columns([Column::Channel, Column::RemindAt]);
    timer_row::Entity::insert_many(rows).on_conflict(moved).into_query()
}

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use chrono_tz::Tz;

    use super::super::model::{ReminderChannel, Task, TaskReminder, TaskStatus};
    use super::Calendar;
    use crate::base::rights::{ActorKind, ActorRef};

    fn task(due_at: Option<&str>, due_date: Option<&str>) -> Task {
        let (now, by) = (DateTime::<Utc>::UNIX_EPOCH, ActorRef { kind: ActorKind::System, id: None });
        let mut task = Task::blank(uuid::Uuid::nil().into(), now, by);
        task.due_at = due_at.map(|text| text.parse().unwrap());
        task.due_date = due_date.map(|text| text.parse::<NaiveDate>().unwrap());
        task.reminders = vec![
            TaskReminder { channel: ReminderChannel::InApp, minutes_before: 0 },
            TaskReminder { channel: ReminderChannel::Email, minutes_before: 24 * 60 },
        ];
        task
    }

    fn moments(zone: Tz, task: &Task) -> Vec<String> {
        let calendar = Calendar { now: DateTime::<Utc>::UNIX_EPOCH, zone };
        calendar.moments(task).iter().map(|(_, at)| at.format("%m-%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn a_date_is_told_of_at_nine_where_the_company_is() {
        for (zone, day, due, before) in [
            // The clocks change in the night before.
            (Tz::Europe__Berlin, "2026-03-29", "03-29T07:00", "03-28T07:00"),
            (Tz::Europe__Berlin, "2026-10-25", "10-25T08:00", "10-24T08:00"),
            (Tz::America__New_York, "2026-03-08", "03-08T13:00", "03-07T13:00"),
            (Tz::America__New_York, "2026-11-01", "11-01T14:00", "10-31T14:00"),
            (Tz::Australia__Lord_Howe, "2026-10-04", "10-03T22:00", "10-02T22:00"),
            (Tz::Australia__Lord_Howe, "2026-04-05", "04-04T22:30", "04-03T22:30"),
        ] {
            assert_eq!(moments(zone, &task(None, Some(day))), [due, due, before], "{zone} {day}");
        }
    }

    #[test]
    fn only_what_is_open_and_due_is_told_of() {
        let due = task(Some("2026-06-01T12:00:00Z"), None);
        assert_eq!(moments(Tz::UTC, &due), ["06-01T12:00", "06-01T12:00", "05-31T12:00"]);
        assert!(moments(Tz::UTC, &task(None, None)).is_empty());
        for status in [TaskStatus::Completed, TaskStatus::Canceled] {
            assert!(moments(Tz::UTC, &Task { status, ..due.clone() }).is_empty());
        }
        assert!(moments(Tz::UTC, &Task { deleted_at: due.due_at, ..due }).is_empty());
    }
}
