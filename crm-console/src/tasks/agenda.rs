//! The tasks of a week by day, with what is overdue before them.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::{Datelike, Days, NaiveDate};
use crm_core::tasks::{TaskAgenda, TaskAgendaQuery, TaskDay};
use crm_core::{CompanyScope, Error};

use super::due::days;
use super::row::Row;
use super::whose;
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::interactions::{PartyNames, customer_names};
use crate::web::{Frame, PageResult, Visit, html};

/// The number of days.
const DAYS: u64 = 7;

#[derive(Template)]
#[template(path = "tasks/agenda.html")]
struct AgendaPage {
    frame: Frame,
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    /// The first and the last day.
    title: String,
    previous: Option<String>,
    next: Option<String>,
    /// The days that begin today, unless these are shown.
    today: Option<String>,
    add: Option<String>,
    overdue: Vec<Row>,
    days: Vec<Day>,
    is_empty: bool,
    /// True if there are more tasks than the page shows.
    has_more: bool,
    /// The address of the page.
    list_url: String,
}

struct Day {
    key: NaiveDate,
    heading: String,
    rows: Vec<Row>,
    /// Where a task is added that is due on it.
    add: Option<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let assignee = whose::assignee(&visit, &visit.query, false);
    let today = days(&visit).today();
    let from = visit.query.get("from").and_then(plausible).unwrap_or(today);
    let to = from.checked_add_days(Days::new(DAYS - 1)).unwrap_or(from);
    let mut scope = visit.scope();
    let (agenda, names) = read(&mut scope, (from, to), &assignee).await?;
    let frame = visit.frame.clone().within("tasks");
    let fields = Fields::default().with("assignee", &assignee);
    let address = |fields: &Fields| format!("{}{}", frame.url("tasks/agenda"), fields.query());
    let of = |day: NaiveDate| address(&fields.with("from", &day.to_string()));
    let here = of(from);
    let shown = days_of(&visit, agenda.days, &names, &here);
    let page = AgendaPage {
        whose: whose::choices(&frame, "tasks/agenda", &fields.with("from", &from.to_string()), &assignee),
        forms: whose::forms(&frame, &assignee, "agenda"),
        title: format!("{} – {}", frame.calendar.day(from), frame.calendar.day(to)),
        previous: from.checked_sub_days(Days::new(DAYS)).filter(is_plausible).map(of),
        next: from.checked_add_days(Days::new(DAYS)).filter(is_plausible).map(of),
        today: (from != today).then(|| address(&fields)),
        add: whose::add(&visit, &here, Fields::default()),
        is_empty: agenda.overdue.is_empty() && shown.iter().all(|day| day.rows.is_empty()),
        overdue: agenda.overdue.iter().map(|task| Row::of(&visit, task, &names, &here)).collect(),
        days: shown,
        has_more: agenda.has_more,
        list_url: here.clone(),
        frame: frame.clone(),
    };
    html(StatusCode::OK, &page)
}

/// The open tasks of some days, with the names of their customers.
///
/// # Errors
/// Those of the agenda and of the list of customers.
pub(super) async fn read(
    scope: &mut CompanyScope<'_>,
    (from, to): (NaiveDate, NaiveDate),
    assignee: &str,
) -> Result<(TaskAgenda, PartyNames), Error> {
    let query = TaskAgendaQuery { from: Some(from), to: Some(to), assignee: assignee.parse().ok() };
    let agenda = scope.tasks().agenda(&query).await?;
    let all = agenda.overdue.iter().chain(agenda.days.iter().flat_map(|day| &day.tasks));
    let names = customer_names(scope, all.filter_map(|task| task.customer_id)).await?;
    Ok((agenda, names))
}

fn days_of(visit: &Visit, days: Vec<TaskDay>, names: &PartyNames, here: &str) -> Vec<Day> {
    let day = |day: TaskDay| Day {
        key: day.date,
        heading: heading(visit, day.date),
        rows: day.tasks.iter().map(|task| Row::of(visit, task, names, here)).collect(),
        add: whose::add(visit, here, Fields::default().with("dueDate", &day.date.to_string())),
    };
    days.into_iter().map(day).collect()
}

/// The day and its weekday; before them what it is from here, if there is a word for that.
fn heading(visit: &Visit, date: NaiveDate) -> String {
    let (calendar, weekday) = (days(visit), weekday(&visit.frame, date));
    let (name, day) = (calendar.heading(date), calendar.day(date));
    if name == day { format!("{weekday}, {day}") } else { format!("{name}, {weekday}, {day}") }
}

/// The names of the days of a week, from Monday.
pub(super) fn weekdays(frame: &Frame) -> Vec<String> {
    frame.t("tasks-weekdays").split(' ').map(str::to_owned).collect()
}

fn weekday(frame: &Frame, day: NaiveDate) -> String {
    let place = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or_default();
    weekdays(frame).into_iter().nth(place).unwrap_or_default()
}

/// A day that tasks can be due on.
pub(super) fn plausible(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(is_plausible)
}

/// Whether an agenda may begin with this day.
pub(super) fn is_plausible(day: &NaiveDate) -> bool {
    (1901..=9997).contains(&day.year())
}
