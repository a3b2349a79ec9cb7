//! Who does how much, and how it went.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::dialect::seconds_between;
use super::overall::{InteractionStats, name};
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::visibility::{Visibility, number, spans};
use crate::base::error::Result;
use crate::base::string_enum::string_enum;
use crate::interactions::{InteractionStatus, InteractionType};
use crate::users::{self, UserRef};

string_enum! {
    /// The subject of a row of a performance report.
    #[derive(Default)]
    PerformanceGroup {
        /// A user.
        #[default]
        User = "user",
        /// A month.
        Month = "month",
    }
}

/// The rows and the period of a performance report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PerformanceQuery {
    /// The subject of a row.
    pub group_by: PerformanceGroup,
    /// The start of the period. The default is 30 days before the end, or 12 months if rows are months.
    pub from: Option<DateOrTime>,
    /// The end of the period. The default is today.
    pub to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
}

/// A performance report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Performance {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The subject of a row.
    pub group_by: PerformanceGroup,
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub to: DateTime<Utc>,
    /// By user: the users with the most interactions first, and a row for records without an owner, if there are any.
    /// By month: in order, without gaps.
    pub rows: Vec<PerformanceRow>,
}

/// The numbers of a user or of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PerformanceRow {
    /// The owner of the interactions and customers; `null` for records without an owner, and if rows are months.
    pub user: Option<UserRef>,
    /// The first day of the month, if rows are months.
    pub month: Option<NaiveDate>,
    /// The interactions whose `occurredAt` is in the period, by type and status.
    pub interactions: InteractionStats,
    /// The number of interactions scheduled in the period that were completed.
    pub completed: u64,
    /// The number of them that were cancelled.
    pub cancelled: u64,
    /// The number of them that were missed.
    pub no_show: u64,
    /// `completed` divided by the sum of `completed`, `cancelled` and `noShow`; `null` if the sum is zero.
    pub completion_rate: Option<f64>,
    /// The mean duration of the interactions completed in the period that have a duration, in whole seconds.
    pub mean_duration_seconds: Option<i64>,
    /// The mean time from `scheduledAt` to `completedAt` of the scheduled interactions that were completed in the period,
    /// in whole seconds. Negative if they were completed early.
    pub mean_seconds_from_planned_to_completed: Option<i64>,
    /// The number of owned customers that were added before the end of the period or month.
    pub customers_owned: u64,
    /// The number of owned customers whose first contact was in the period or month.
    pub customers_newly_active: u64,
}

/// The key of a row: the number of the span, and the user, if rows are users.
type RowKey = (i64, Option<Uuid>);

/// The sums of a row.
#[derive(Debug)]
struct Sums {
    interactions: InteractionStats,
    scheduled: [u64; 3],
    /// The sum in seconds, and the number of interactions.
    durations: (f64, u64),
    waits: (f64, u64),
    owned: u64,
    newly_active: u64,
}

/// The statuses in the order of `Sums::scheduled`.
const OUTCOMES: [InteractionStatus; 3] =
    [InteractionStatus::Completed, InteractionStatus::Cancelled, InteractionStatus::NoShow];

impl Default for Sums {
    fn default() -> Self {
        let interactions = InteractionStats::none();
        Self { interactions, scheduled: [0; 3], durations: (0.0, 0), waits: (0.0, 0), owned: 0, newly_active: 0 }
    }
}

/// The state of one report.
struct Report<'p> {
    visibility: Visibility,
    spans: &'p [Span],
    by_user: bool,
    sums: BTreeMap<RowKey, Sums>,
}

impl Stats<'_, '_> {
    /// Who did how much, and how it went, by user or by month: four statements, three by month.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`].
    #[tracing::instrument(name = "stats.performance", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn performance(&self, query: &PerformanceQuery) -> Result<Performance> {
        let company = self.0.company().await?;
        let (visibility, as_of) = (Visibility::of(self.0).await?, self.0.crm.now());
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let by_user = query.group_by == PerformanceGroup::User;
        let interval = if by_user { Interval::Day } else { Interval::Month };
        let bounds = (query.from, query.to);
        let (period, of_spans) = if by_user {
            let period = Period::unbucketed(zone, interval, bounds, as_of)?;
            (period, vec![period.aligned()])
        } else {
            let period = Period::new(zone, interval, bounds, as_of)?;
            (period, period.spans().collect())
        };
        let mut report = Report { visibility, spans: &of_spans, by_user, sums: BTreeMap::new() };
        self.occurred(&mut report).await?;
        self.scheduled(&mut report).await?;
        self.customers_of(&mut report).await?;
        let rows = if by_user { self.by_user(report).await? } else { by_month(report) };
        let (time_zone, group_by) = (zone.name().to_owned(), query.group_by);
        Ok(Performance { as_of, time_zone, group_by, from: period.from, to: period.to, rows })
    }

    /// Interactions by `occurredAt`.
    async fn occurred(&self, report: &mut Report<'_>) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(report.spans, None, &mut parameters);
        let (seen, owner) = (report.visibility.interactions(&mut parameters), report.owner("i"));
        let waited = seconds_between("i.scheduled_at", "i.occurred_at", self.0.is_postgres());
        let sql = format!(
            "{with} SELECT spans.number, {owner} AS user_id, i.type, i.status, count(*) AS total, \
             count(i.duration_seconds) AS timed, CAST(sum(i.duration_seconds) AS double precision) AS seconds, \
             count(i.scheduled_at) AS kept, CAST(sum({waited}) AS double precision) AS waited \
             FROM spans CROSS JOIN crm_customer_interactions AS i \
             WHERE {seen} AND i.occurred_at >= spans.starts AND i.occurred_at < spans.ends \
             GROUP BY spans.number, {owner}, i.type, i.status"
        );
        for row in &parameters.rows(self.0, &sql).await? {
            let (of_type, status): (InteractionType, InteractionStatus) = (name(row, "type")?, name(row, "status")?);
            let sums = report.row(row)?;
            sums.interactions.add((of_type, status), number(row, "total")?);
            if status == InteractionStatus::Completed {
                add(&mut sums.durations, row, ("seconds", "timed"))?;
                add(&mut sums.waits, row, ("waited", "kept"))?;
            }
        }
        Ok(())
    }

    /// What became of the interactions that were scheduled.
    async fn scheduled(&self, report: &mut Report<'_>) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(report.spans, None, &mut parameters);
        let (seen, owner) = (report.visibility.interactions(&mut parameters), report.owner("i"));
        let sql = format!(
            "{with} SELECT spans.number, {owner} AS user_id, i.status, count(*) AS total \
             FROM spans CROSS JOIN crm_customer_interactions AS i \
             WHERE {seen} AND i.scheduled_at >= spans.starts AND i.scheduled_at < spans.ends \
             GROUP BY spans.number, {owner}, i.status"
        );
        for row in &parameters.rows(self.0, &sql).await? {
            let status: InteractionStatus = name(row, "status")?;
            let total = number(row, "total")?;
            if let Some(outcome) = OUTCOMES.iter().position(|outcome| *outcome == status) {
                report.row(row)?.scheduled[outcome] += total;
            }
        }
        Ok(())
    }

    /// Customers by who owns them: those who had been added before each span is over, and those who were first met in it.
    async fn customers_of(&self, report: &mut Report<'_>) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        // Those who had been there before belong to no span, and count in each.
        let earlier = report.spans.first().map(|first| Span { from: DateTime::UNIX_EPOCH, to: first.from, ..*first });
        let with = spans(report.spans, earlier.filter(|earlier| earlier.from < earlier.to), &mut parameters);
        let (seen, owner) = (report.visibility.customers(&mut parameters), report.owner("c"));
        let contacts = report.visibility.contacts(&mut parameters);
        let owned = format!("{seen} AND c.owner_id IS NOT NULL");
        let sql = format!(
            "{with} SELECT 'owned' AS part, spans.number, {owner} AS user_id, count(*) AS total \
             FROM spans CROSS JOIN crm_customers AS c \
             WHERE {owned} AND c.created_at >= spans.starts AND c.created_at < spans.ends \
             GROUP BY spans.number, {owner} \
             UNION ALL SELECT 'newly_active' AS part, spans.number, {owner} AS user_id, count(*) AS total \
             FROM spans CROSS JOIN {contacts} AS s JOIN crm_customers AS c ON c.id = s.customer_id \
             WHERE {owned} AND s.company_id = $1 AND s.first_contact_at >= spans.starts \
             AND s.first_contact_at < spans.ends AND spans.number >= 0 GROUP BY spans.number, {owner}"
        );
        for row in &parameters.rows(self.0, &sql).await? {
            let (part, total): (String, u64) = (row.try_get("", "part")?, number(row, "total")?);
            let (span, user) = row_key(row)?;
            if part == "newly_active" {
                report.sums.entry((span, user)).or_default().newly_active += total;
                continue;
            }
            let first = usize::try_from(span).unwrap_or_default();
            for later in first..report.spans.len() {
                let later = i64::try_from(later).unwrap_or(i64::MAX);
                report.sums.entry((later, user)).or_default().owned += total;
            }
        }
        Ok(())
    }

    async fn by_user(&self, report: Report<'_>) -> Result<Vec<PerformanceRow>> {
        let ids: BTreeSet<Uuid> = report.sums.keys().filter_map(|(_, user)| *user).collect();
        let users: HashMap<Uuid, UserRef> = users::load_user_refs(self.0, ids.into_iter().collect()).await?;
        let sums = report.sums.into_iter();
        let mut rows: Vec<PerformanceRow> =
            sums.map(|((_, user), sums)| sums.row(user.and_then(|id| users.get(&id).cloned()), None)).collect();
        let order = |row: &PerformanceRow| {
            let named = row.user.as_ref().map(|user| (user.display_name.clone(), user.id));
            (row.user.is_none(), std::cmp::Reverse(row.interactions.total), named)
        };
        rows.sort_by_key(order);
        Ok(rows)
    }
}

fn by_month(mut report: Report<'_>) -> Vec<PerformanceRow> {
    let months = report.spans.iter().zip(0_i64..);
    months
        .map(|(span, number)| report.sums.remove(&(number, None)).unwrap_or_default().row(None, Some(span.day)))
        .collect()
}

impl Report<'_> {
    /// The column that, with the span, is the key of a row.
    fn owner(&self, of: &str) -> String {
        if self.by_user { format!("{of}.owner_id") } else { "CAST(NULL AS uuid)".to_owned() }
    }

    fn row(&mut self, row: &QueryResult) -> Result<&mut Sums> {
        Ok(self.sums.entry(row_key(row)?).or_default())
    }
}

fn row_key(row: &QueryResult) -> Result<RowKey> {
    Ok((row.try_get("", "number")?, row.try_get("", "user_id")?))
}

fn add(sums: &mut (f64, u64), row: &QueryResult, (seconds, count): (&str, &str)) -> Result<()> {
    let seconds: Option<f64> = row.try_get("", seconds)?;
    sums.0 += seconds.unwrap_or_default();
    sums.1 += number(row, count)?;
    Ok(())
}

impl Sums {
    fn row(self, user: Option<UserRef>, month: Option<NaiveDate>) -> PerformanceRow {
        let Self { interactions, scheduled: [completed, cancelled, no_show], durations, waits, owned, newly_active } =
            self;
        let ended = completed + cancelled + no_show;
        PerformanceRow {
            user,
            month,
            interactions,
            completed,
            cancelled,
            no_show,
            completion_rate: (ended > 0).then(|| completed as f64 / ended as f64),
            mean_duration_seconds: mean(durations),
            mean_seconds_from_planned_to_completed: mean(waits),
            customers_owned: owned,
            customers_newly_active: newly_active,
        }
    }
}

fn mean((sum, count): (f64, u64)) -> Option<i64> {
    (count > 0).then(|| (sum / count as f64).round() as i64)
}
