//! The agenda: what is due on some days, and what is overdue from before.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::{Deserialize, Serialize};

use super::collaborators;
use super::due::{Calendar, is_open};
use super::model::Task;
use super::repo::{Tasks, within_reach};
use super::row;
use super::validate::is_plausible;
use crate::base::error::{Malformed, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, Resource};
use crate::query::filter::{Compiler, Field, FieldKind, field};
use crate::scope::{CompanyScope, is_live};
use crate::users::OwnerFilter;

/// The number of days without an end in the query.
const USUAL_DAYS: u64 = 7;
/// The maximum number of days.
const MAX_DAYS: i64 = 31;
/// The maximum number of tasks on the days.
const MAX_DUE: usize = 500;
/// The maximum number of overdue tasks.
const MAX_OVERDUE: usize = 100;

const FIELDS: &[Field] = &[field("assigneeId", "assignee_id", FieldKind::Id)];

/// The days and the assignee of an agenda.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskAgendaQuery {
    /// The first day; today if absent.
    pub from: Option<NaiveDate>,
    /// The last day; the sixth after the first if absent.
    pub to: Option<NaiveDate>,
    /// Only tasks of this assignee.
    pub assignee: Option<OwnerFilter>,
}

/// The open tasks of some days, and those that are overdue from before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskAgenda {
    /// The time zone (IANA) of the days: that of the company.
    pub time_zone: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Overdue tasks that were due before the first day, the oldest first; at most 100.
    pub overdue: Vec<Task>,
    /// Every day, with the open tasks that are due then.
    pub days: Vec<TaskDay>,
    /// True if there are more tasks than the agenda shows: 500 on the days, and 100 that are overdue.
    pub has_more: bool,
}

/// A day of an agenda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskDay {
    /// The day.
    pub date: NaiveDate,
    /// The open tasks that are due on it, those by the end of the day last.
    pub tasks: Vec<Task>,
}

impl Tasks<'_, '_> {
    /// The open tasks that are due on some days, and those that are overdue from before. Two statements.
    ///
    /// # Errors
    /// [`Malformed`] if the days end before they begin, or are more than 31.
    #[tracing::instrument(name = "tasks.agenda", skip_all, fields(company.id = %self.scope.company_id()))]
    pub async fn agenda(&self, query: &TaskAgendaQuery) -> Result<TaskAgenda> {
        let calendar = self.calendar(false).await?;
        let (from, to) = days(query, calendar)?;
        let open = open_of(self.scope, query)?;
        let due = open.clone().add(calendar.is_due(from, to));
        let late = open.add(calendar.is_overdue()).add(calendar.is_due_before(from));
        let (due, more_due) = first(self.scope, due, MAX_DUE, calendar).await?;
        let (overdue, more_overdue) = first(self.scope, late, MAX_OVERDUE, calendar).await?;
        Ok(TaskAgenda {
            time_zone: calendar.zone.name().to_owned(),
            from,
            to,
            overdue,
            days: by_day(from, to, due, calendar),
            has_more: more_due || more_overdue,
        })
    }
}

fn days(query: &TaskAgendaQuery, calendar: Calendar) -> Result<(NaiveDate, NaiveDate)> {
    let invalid = |at: &str, detail: &str| Malformed::new("parameter_invalid", at, detail);
    let from = query.from.unwrap_or_else(|| calendar.today());
    let last = from.checked_add_days(Days::new(USUAL_DAYS - 1)).unwrap_or(from);
    let to = query.to.unwrap_or(last);
    for (name, day) in [("from", from), ("to", to)] {
        if !is_plausible(day) {
            return Err(invalid(name, "expected a date of the years 1900 to 9998").into());
        }
    }
    match (to - from).num_days() {
        ..0 => Err(invalid("to", "the last day must not be before the first").into()),
        MAX_DAYS.. => Err(invalid("to", "at most 31 days").into()),
        _ => Ok((from, to)),
    }
}

/// The first open tasks of a user, as assignee or collaborator, that are due between two times and that the actor sees.
pub(crate) async fn due_of(
    scope: &CompanyScope<'_>,
    user: UserId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    most: u64,
) -> Result<Vec<Task>> {
    if scope.actor().owners(Resource::Tasks, Action::Read).are_none() {
        return Ok(Vec::new());
    }
    let column = |name: &'static str| Expr::col((row::TABLE, name));
    let own = column("assignee_id").eq(user.0).or(collaborators::of(scope.company_id(), Some(user)));
    let due = column("due_key").gte(from).and(column("due_key").lt(to));
    let open = within_reach(scope, false)?.add(is_live(row::TABLE)).add(is_open()).add(due).add(own);
    let tasks = scope.find::<row::Entity>().filter(open).select(&row::EXCERPT);
    let tasks = tasks.map(|select| select.order_by_asc(row::Column::DueKey).order_by_asc(row::Column::Id));
    tasks.fetch_up_to(most).await
}

/// Open tasks of the assignee that the actor sees.
fn open_of(scope: &CompanyScope<'_>, query: &TaskAgendaQuery) -> Result<Condition> {
    let compiler = Compiler {
        table: row::TABLE,
        fields: FIELDS,
        search_text: "description",
        postgres: scope.is_postgres(),
        me: scope.actor().user_id(),
        custom: None,
    };
    let assignee = query.assignee.map(|assignee| compiler.compile(&assignee.filter("assigneeId"))).transpose()?;
    Ok(within_reach(scope, false)?.add(is_live(row::TABLE)).add(is_open()).add_option(assignee))
}

/// The tasks that are due first, and whether there are more.
async fn first(
    scope: &CompanyScope<'_>,
    condition: Condition,
    most: usize,
    calendar: Calendar,
) -> Result<(Vec<Task>, bool)> {
    let rows = scope.find::<row::Entity>().filter(condition).select(&row::EXCERPT);
    let rows = rows.map(|select| select.order_by_asc(row::Column::DueKey).order_by_asc(row::Column::Id));
    let mut tasks: Vec<Task> = rows.fetch_up_to(most as u64 + 1).await?;
    let has_more = tasks.len() > most;
    tasks.truncate(most);
    tasks.iter_mut().for_each(|task| calendar.judge(task));
    Ok((tasks, has_more))
}

/// The tasks by the day on which they are due.
fn by_day(from: NaiveDate, to: NaiveDate, tasks: Vec<Task>, calendar: Calendar) -> Vec<TaskDay> {
    let mut due: BTreeMap<NaiveDate, Vec<Task>> = BTreeMap::new();
    for task in tasks {
        let day = task.due_date.or_else(|| task.due_at.map(|at| calendar.day(at)));
        due.entry(day.unwrap_or(from)).or_default().push(task);
    }
    let days = from.iter_days().take_while(|day| *day <= to);
    days.map(|date| TaskDay { date, tasks: due.remove(&date).unwrap_or_default() }).collect()
}
