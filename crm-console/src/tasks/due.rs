//! When a task is due, as pages show it.

use crm_core::tasks::Task;

use crate::base::moment::{Calendar, Shown};
use crate::web::Visit;

/// The days of the company, which are those of the dates by which tasks are due. Times are in the zone of the person.
pub(super) fn days(visit: &Visit) -> Calendar {
    Calendar { zone: visit.zone, ..visit.frame.calendar }
}

/// The day by the end of which a task is due, or the time at which it is.
pub(crate) fn due(visit: &Visit, task: &Task) -> Option<Shown> {
    let of_time = || task.due_at.map(|at| visit.frame.calendar.near(at));
    task.due_date.map(|day| days(visit).on(day)).or_else(of_time)
}
