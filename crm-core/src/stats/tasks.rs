//! What was due, what is overdue, and what was done in time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::visibility::{Visibility, number};
use crate::base::error::Result;
use crate::tasks::{Calendar, ZONE_CHANGE};
use crate::users::{self, OwnerFilter, UserRef};

/// The period and the assignee of statistics of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TaskStatsQuery {
    /// The start of the period. The default is 30 days before the end.
    pub from: Option<DateOrTime>,
    /// The end of the period. The default is today.
    pub to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
    /// Only tasks of this assignee.
    pub assignee: Option<OwnerFilter>,
}

/// Statistics of tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskStats {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub to: DateTime<Utc>,
    /// The tasks of all assignees, and of none.
    pub totals: TaskCounts,
    /// The assignees, by name, and a row for tasks without one, if there are any.
    pub assignees: Vec<AssigneeTaskStats>,
}

/// The tasks of an assignee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AssigneeTaskStats {
    /// The assignee; `null` for tasks without one.
    pub assignee: Option<UserRef>,
    /// Their tasks.
    pub counts: TaskCounts,
}

/// How many tasks there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskCounts {
    /// The number of tasks due in the period, whatever their status, but not canceled.
    pub due: u64,
    /// The number of tasks that are overdue now, whatever the period.
    pub overdue: u64,
    /// The number of tasks completed in the period.
    pub completed: u64,
    /// The number of those that were completed no later than they were due.
    pub on_time: u64,
    /// The number of those that were completed later than they were due.
    pub late: u64,
    /// `onTime` divided by the sum of `onTime` and `late`; `null` if the sum is zero.
    pub on_time_rate: Option<f64>,
}

impl TaskCounts {
    fn add(&mut self, part: &str, [total, on_time, late]: [u64; 3]) {
        match part {
            "due" => self.due += total,
            "overdue" => self.overdue += total,
            _ => self.completed += total,
        }
        self.on_time += on_time;
        self.late += late;
        let dated = self.on_time + self.late;
        self.on_time_rate = (dated > 0).then(|| self.on_time as f64 / dated as f64);
    }
}

impl Stats<'_, '_> {
    /// Computes the statistics of tasks in two statements.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`].
    #[tracing::instrument(name = "stats.tasks", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn tasks(&self, query: &TaskStatsQuery) -> Result<TaskStats> {
        let company = self.0.company().await?;
        let visibility = Visibility::of(self.0).await?.of_owner(query.assignee)?;
        let as_of = self.0.crm.now();
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let period = Period::unbucketed(zone, Interval::Day, (query.from, query.to), as_of)?.aligned();
        let mut totals = TaskCounts::default();
        let mut by_assignee: BTreeMap<Option<Uuid>, TaskCounts> = BTreeMap::new();
        for (part, assignee, counts) in self.counted_tasks(&visibility, Calendar::of(&company, as_of), period).await? {
            totals.add(&part, counts);
            by_assignee.entry(assignee).or_default().add(&part, counts);
        }
        let names = users::load_user_refs(self.0, by_assignee.keys().flatten().copied().collect()).await?;
        let row = |(assignee, counts): (Option<Uuid>, TaskCounts)| AssigneeTaskStats {
            assignee: assignee.and_then(|id| names.get(&id).cloned()),
            counts,
        };
        let mut assignees: Vec<AssigneeTaskStats> = by_assignee.into_iter().map(row).collect();
        assignees.sort_by_key(|row| super::by_user(row.assignee.as_ref()));
        let time_zone = zone.name().to_owned();
        Ok(TaskStats { as_of, time_zone, from: period.from, to: period.to, totals, assignees })
    }

    /// By part and assignee, the number of all, of those in time and of those too late.
    async fn counted_tasks(
        &self,
        visibility: &Visibility,
        calendar: Calendar,
        period: Span,
    ) -> Result<Vec<(String, Option<Uuid>, [u64; 3])>> {
        let mut parameters = Visibility::parameters(self.0);
        let seen = visibility.tasks(&mut parameters);
        let [from, to, now] = [period.from, period.to, calendar.now].map(|time| parameters.add(time));
        let (today, horizon) = (parameters.add(calendar.today()), parameters.add(calendar.now + ZONE_CHANGE));
        let is_dated = "(k.due_at IS NOT NULL OR k.due_date IS NOT NULL)";
        // Open tasks are written exactly as in the partial indexes.
        let sql = format!(
            "SELECT 'due' AS part, k.assignee_id AS user_id, count(*) AS total, CAST(0 AS bigint) AS on_time, \
             CAST(0 AS bigint) AS late FROM crm_tasks AS k WHERE {seen} AND k.due_key >= {from} AND k.due_key < {to} \
             AND {is_dated} AND k.status <> 'canceled' GROUP BY k.assignee_id \
             UNION ALL SELECT 'overdue' AS part, k.assignee_id AS user_id, count(*) AS total, CAST(0 AS bigint) AS on_time, \
             CAST(0 AS bigint) AS late FROM crm_tasks AS k WHERE {seen} \
             AND k.status IN ('not_started', 'in_progress', 'waiting', 'deferred') AND k.due_key < {horizon} \
             AND (k.due_at < {now} OR k.due_date < {today}) GROUP BY k.assignee_id \
             UNION ALL SELECT 'completed' AS part, k.assignee_id AS user_id, count(*) AS total, \
             count(CASE WHEN {is_dated} AND k.completed_at <= k.due_key THEN 1 END) AS on_time, \
             count(CASE WHEN {is_dated} AND k.completed_at > k.due_key THEN 1 END) AS late \
             FROM crm_tasks AS k WHERE {seen} AND k.status = 'completed' \
             AND k.completed_at >= {from} AND k.completed_at < {to} GROUP BY k.assignee_id"
        );
        let mut counted = Vec::new();
        for row in &parameters.rows(self.0, &sql).await? {
            let counts = [number(row, "total")?, number(row, "on_time")?, number(row, "late")?];
            counted.push((row.try_get("", "part")?, row.try_get("", "user_id")?, counts));
        }
        Ok(counted)
    }
}
