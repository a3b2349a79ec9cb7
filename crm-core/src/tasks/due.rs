//! When tasks are due, and which of them are overdue.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::model::Task;
use super::row::TABLE;
use crate::scope::company::Company;
use crate::stats::midnight;

/// The end of 9999, in microseconds: the sort key of tasks that are never due.
const NEVER: i64 = 253_402_300_799_999_999;

/// How far a stored key of a date is from the end of its day at most, after the company has changed its time zone.
pub(crate) const ZONE_CHANGE: TimeDelta = TimeDelta::days(2);

/// The sort key of tasks that are never due: they come last.
pub(super) fn never() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(NEVER).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Open tasks. Written exactly as in the partial indexes, so that the planner uses them.
pub(super) fn is_open() -> Expr {
    Expr::cust("crm_tasks.status IN ('not_started', 'in_progress', 'waiting', 'deferred')")
}

fn column(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}

/// The company's days, at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    pub now: DateTime<Utc>,
    pub zone: Tz,
}

impl Calendar {
    /// The days of the company's time zone.
    pub fn of(company: &Company, now: DateTime<Utc>) -> Self {
        Self { now, zone: company.settings.zone() }
    }

    /// The day of a moment.
    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The present day.
    pub fn today(self) -> NaiveDate {
        self.day(self.now)
    }

    /// The start of a day.
    pub fn start(self, day: NaiveDate) -> DateTime<Utc> {
        midnight(self.zone, day)
    }

    /// The start of the day after.
    pub fn end(self, day: NaiveDate) -> DateTime<Utc> {
        midnight(self.zone, day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// The time that the company's clocks show when a task is due, if it is due at all; a day begins at midnight.
    pub fn local(self, due_at: Option<DateTime<Utc>>, due_date: Option<NaiveDate>) -> Option<NaiveDateTime> {
        let at_a_time = due_at.map(|at| at.with_timezone(&self.zone).naive_local());
        at_a_time.or_else(|| due_date.map(|day| day.and_time(NaiveTime::MIN)))
    }

    /// The moment at which a task is due: a date has the last microsecond of its day.
    pub fn key(self, due_at: Option<DateTime<Utc>>, due_date: Option<NaiveDate>) -> DateTime<Utc> {
        match (due_at, due_date) {
            (Some(at), _) => at,
            (None, Some(day)) => self.end(day) - TimeDelta::microseconds(1),
            (None, None) => never(),
        }
    }

    /// Says of a task whether it is overdue.
    pub fn judge(self, task: &mut Task) {
        let is_late = match (task.due_at, task.due_date) {
            (Some(at), _) => at < self.now,
            (None, Some(day)) => day < self.today(),
            (None, None) => false,
        };
        task.is_overdue = is_late && task.status.is_open();
    }

    /// The same task, judged.
    pub fn judged(self, mut task: Task) -> Task {
        self.judge(&mut task);
        task
    }

    /// The condition for overdue tasks: no value for those that are never due.
    pub fn is_overdue(self) -> Expr {
        let is_late = column("due_at").lt(self.now).or(column("due_date").lt(self.today()));
        is_open().and(column("due_key").lt(self.now + ZONE_CHANGE)).and(is_late)
    }

    /// The condition for tasks that are due on one of these days, the last one included.
    pub fn is_due(self, from: NaiveDate, to: NaiveDate) -> Expr {
        let (start, end) = (self.start(from), self.end(to));
        let at_a_time = column("due_at").gte(start).and(column("due_at").lt(end));
        let by_a_date = column("due_date").gte(from).and(column("due_date").lte(to));
        let near = column("due_key").gte(start - ZONE_CHANGE).and(column("due_key").lt(end + ZONE_CHANGE));
        near.and(at_a_time.or(by_a_date))
    }

    /// The condition for tasks that are due before this day.
    pub fn is_due_before(self, day: NaiveDate) -> Expr {
        column("due_at").lt(self.start(day)).or(column("due_date").lt(day))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use chrono_tz::Tz;

    use super::{Calendar, never};
    use crate::base::clock;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_is_due_at_the_end_of_its_day() {
        let day: NaiveDate = "2026-03-29".parse().unwrap();
        // The day of the change to summer time has 23 hours in Berlin.
        for (zone, end) in [
            (Tz::UTC, "2026-03-29T23:59:59.999999Z"),
            (Tz::Europe__Berlin, "2026-03-29T21:59:59.999999Z"),
            (Tz::America__New_York, "2026-03-30T03:59:59.999999Z"),
            (Tz::Pacific__Auckland, "2026-03-29T10:59:59.999999Z"),
        ] {
            let calendar = Calendar { now: time("2026-03-29T12:00:00Z"), zone };
            assert_eq!(calendar.key(None, Some(day)), time(end), "{zone}");
            assert_eq!(calendar.day(time(end)), day, "{zone}");
        }
    }

    #[test]
    fn never_comes_after_every_time_that_is_stored() {
        assert_eq!(never(), time("9999-12-31T23:59:59.999999Z"));
        assert_eq!(clock::stored(never()), Some(never()));
    }
}
