//! The tasks of a month as a calendar.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::{Datelike, Months, NaiveDate};
use crm_core::tasks::TaskDay;

use super::agenda::{is_plausible, plausible, read, weekdays};
use super::due::days;
use super::row::Row;
use super::whose;
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::interactions::PartyNames;
use crate::web::{Frame, PageResult, Visit, html};

/// The number of tasks that a day shows.
const MOST: usize = 3;
/// The number of letters of a weekday in a heading.
const LETTERS: usize = 2;

#[derive(Template)]
#[template(path = "tasks/calendar.html")]
struct MonthPage {
    frame: Frame,
    whose: Vec<Choice>,
    forms: Vec<Choice>,
    /// The month.
    title: String,
    previous: Option<String>,
    next: Option<String>,
    /// The present month, unless that is shown.
    today: Option<String>,
    add: Option<String>,
    /// Weekdays: in short, and in full.
    weekdays: Vec<(String, String)>,
    /// None for what is no day of the month.
    weeks: Vec<Vec<Option<Day>>>,
    /// What is overdue from before the month: the words, and the address.
    overdue: Option<(String, String)>,
    has_more: bool,
}

struct Day {
    key: NaiveDate,
    number: u32,
    label: String,
    /// The agenda that begins with it.
    url: String,
    is_today: bool,
    rows: Vec<Row>,
    /// The words for the tasks that are not shown.
    more: Option<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let assignee = whose::assignee(&visit, &visit.query, false);
    let today = days(&visit).today();
    let asked = plausible(&format!("{}-01", visit.query.text("month")));
    let first = asked.or(today.with_day(1)).unwrap_or(today);
    let last = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first);
    let mut scope = visit.scope();
    let (agenda, names) = read(&mut scope, (first, last), &assignee).await?;
    let frame = visit.frame.clone().within("tasks");
    let fields = Fields::default().with("assignee", &assignee);
    let address = |fields: &Fields| format!("{}{}", frame.url("tasks/calendar"), fields.query());
    let of = |day: NaiveDate| address(&fields.with("month", &month_of(day)));
    let here = of(first);
    let late = (agenda.overdue.len(), format!("{}{}", frame.url("tasks"), fields.with("view", "overdue").query()));
    let page = MonthPage {
        whose: whose::choices(&frame, "tasks/calendar", &fields.with("month", &month_of(first)), &assignee),
        forms: whose::forms(&frame, &assignee, "calendar"),
        title: title(&frame, first),
        previous: first.checked_sub_months(Months::new(1)).filter(is_plausible).map(of),
        next: first.checked_add_months(Months::new(1)).filter(is_plausible).map(of),
        today: (first.month0() != today.month0() || first.year() != today.year()).then(|| address(&fields)),
        add: whose::add(&visit, &here, Fields::default()),
        weekdays: weekdays(&frame).into_iter().map(|name| (name.chars().take(LETTERS).collect(), name)).collect(),
        weeks: weeks(&visit, first, agenda.days, &names, &here),
        overdue: (late.0 > 0).then(|| (frame.n("tasks-overdue-before", &late.0), late.1.clone())),
        has_more: agenda.has_more,
        frame: frame.clone(),
    };
    html(StatusCode::OK, &page)
}

/// A month as an address says it.
fn month_of(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

fn title(frame: &Frame, day: NaiveDate) -> String {
    let months = frame.t("tasks-months");
    let place = usize::try_from(day.month0()).unwrap_or_default();
    format!("{} {}", months.split(' ').nth(place).unwrap_or_default(), day.year())
}

/// The weeks of a month, each from Monday to Sunday.
fn weeks(visit: &Visit, first: NaiveDate, days: Vec<TaskDay>, names: &PartyNames, here: &str) -> Vec<Vec<Option<Day>>> {
    let blank = usize::try_from(first.weekday().num_days_from_monday()).unwrap_or_default();
    let days = days.into_iter().map(|day| Some(Day::of(visit, &day, names, here)));
    let mut cells: Vec<Option<Day>> = std::iter::repeat_with(|| None).take(blank).chain(days).collect();
    cells.resize_with(cells.len().next_multiple_of(7), || None);
    let mut weeks = Vec::new();
    while !cells.is_empty() {
        let rest = cells.split_off(7);
        weeks.push(std::mem::replace(&mut cells, rest));
    }
    weeks
}

impl Day {
    fn of(visit: &Visit, day: &TaskDay, names: &PartyNames, here: &str) -> Self {
        let (frame, date) = (&visit.frame, day.date);
        let assignee = whose::assignee(visit, &visit.query, false);
        let agenda = Fields::default().with("assignee", &assignee).with("from", &date.to_string());
        let hidden = day.tasks.len().saturating_sub(MOST);
        Self {
            key: date,
            number: date.day(),
            label: days(visit).day(date),
            url: format!("{}{}", frame.url("tasks/agenda"), agenda.query()),
            is_today: date == days(visit).today(),
            rows: day.tasks.iter().take(MOST).map(|task| Row::of(visit, task, names, here)).collect(),
            more: (hidden > 0).then(|| frame.n("tasks-more", &hidden)),
        }
    }
}
