//! Who has won what, and who does how much.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::visibility::{Visibility, number};
use super::worth::DealWorth;
use crate::base::error::Result;
use crate::base::ids::PipelineId;
use crate::deals::{DealStatus, Standing, Sums, grouped_sql};
use crate::users::{self, UserRef};

/// The period of a leaderboard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LeaderboardQuery {
    /// Only deals of this pipeline.
    pub pipeline: Option<PipelineId>,
    /// The start of the period. The default is 30 days before the end.
    pub from: Option<DateOrTime>,
    /// The end of the period. The default is today.
    pub to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
}

/// Who has won what in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Leaderboard {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub to: DateTime<Utc>,
    /// The users who have closed a deal or done something in the period: those who have won the most in the base currency
    /// first, then those with more deals won, then those with more activities.
    pub rows: Vec<LeaderboardRow>,
}

/// What a user has won and done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeaderboardRow {
    /// The user.
    pub user: UserRef,
    /// The deals of theirs that were won in the period.
    pub won: DealWorth,
    /// The number of deals of theirs that were lost in the period.
    pub lost: u64,
    /// The deals won divided by the deals won and lost; `null` if there are none.
    pub win_rate: Option<f64>,
    /// The number of interactions of theirs that were completed in the period.
    pub interactions: u64,
    /// The number of tasks of theirs that were completed in the period.
    pub tasks: u64,
    /// `interactions` and `tasks` together.
    pub activities: u64,
}

#[derive(Default)]
struct Counted {
    won: Sums,
    lost: u64,
    interactions: u64,
    tasks: u64,
}

impl Stats<'_, '_> {
    /// Computes the leaderboard in three statements.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`].
    #[tracing::instrument(name = "stats.leaderboard", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn leaderboard(&self, query: &LeaderboardQuery) -> Result<Leaderboard> {
        let company = self.0.company().await?;
        let (visibility, as_of) = (Visibility::of(self.0).await?, self.0.crm.now());
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let period = Period::unbucketed(zone, Interval::Day, (query.from, query.to), as_of)?.aligned();
        let standing = Standing::of(&company, as_of, self.0.actor());
        let mut users: BTreeMap<Uuid, Counted> = BTreeMap::new();
        self.closed_deals(&visibility, (query.pipeline, period), &standing, &mut users).await?;
        self.activities(&visibility, period, &mut users).await?;
        let mut names = users::load_user_refs(self.0, users.keys().copied().collect()).await?;
        let rows = users.into_iter().filter_map(|(id, counted)| Some(counted.row(names.remove(&id)?, &standing)));
        let mut rows: Vec<LeaderboardRow> = rows.collect();
        rows.sort_by_key(|row| {
            let most = (row.won.base_amount.amount, row.won.count, row.activities);
            (std::cmp::Reverse(most), super::by_user(Some(&row.user)))
        });
        Ok(Leaderboard { as_of, time_zone: zone.name().to_owned(), from: period.from, to: period.to, rows })
    }

    async fn closed_deals(
        &self,
        visibility: &Visibility,
        (pipeline, period): (Option<PipelineId>, Span),
        standing: &Standing,
        users: &mut BTreeMap<Uuid, Counted>,
    ) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        let seen = visibility.deals(&mut parameters);
        let [from, to] = [period.from, period.to].map(|time| parameters.add(time));
        let pipeline = pipeline.map_or_else(String::new, |id| format!(" AND d.pipeline_id = {}", parameters.add(id.0)));
        let condition = format!(
            "{seen} AND d.status IN ('won', 'lost') AND d.closed_at >= {from} AND d.closed_at < {to} \
             AND d.owner_id IS NOT NULL{pipeline}"
        );
        let sql = grouped_sql(&[("d.owner_id", "user_id")], "crm_deals AS d", &condition);
        for row in &parameters.rows(self.0, &sql).await? {
            let (user, status): (Uuid, String) = (row.try_get("", "user_id")?, row.try_get("", "status")?);
            let counted = users.entry(user).or_default();
            match status == DealStatus::Won.as_str() {
                true => counted.won.add(row, row.try_get("", "probability")?, standing)?,
                false => counted.lost += number(row, "deals")?,
            }
        }
        Ok(())
    }

    async fn activities(
        &self,
        visibility: &Visibility,
        period: Span,
        users: &mut BTreeMap<Uuid, Counted>,
    ) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        let (interactions, tasks) = (visibility.interactions(&mut parameters), visibility.tasks(&mut parameters));
        let [from, to] = [period.from, period.to].map(|time| parameters.add(time));
        let sql = format!(
            "SELECT 'interactions' AS part, i.owner_id AS user_id, count(*) AS total \
             FROM crm_customer_interactions AS i WHERE {interactions} AND i.status = 'completed' \
             AND i.occurred_at >= {from} AND i.occurred_at < {to} AND i.owner_id IS NOT NULL GROUP BY i.owner_id \
             UNION ALL SELECT 'tasks' AS part, k.assignee_id AS user_id, count(*) AS total \
             FROM crm_tasks AS k WHERE {tasks} AND k.status = 'completed' \
             AND k.completed_at >= {from} AND k.completed_at < {to} AND k.assignee_id IS NOT NULL GROUP BY k.assignee_id"
        );
        for row in &parameters.rows(self.0, &sql).await? {
            let (part, user): (String, Uuid) = (row.try_get("", "part")?, row.try_get("", "user_id")?);
            let counted = users.entry(user).or_default();
            match part.as_str() {
                "tasks" => counted.tasks += number(row, "total")?,
                _ => counted.interactions += number(row, "total")?,
            }
        }
        Ok(())
    }
}

impl Counted {
    fn row(self, user: UserRef, standing: &Standing) -> LeaderboardRow {
        let Self { won, lost, interactions, tasks } = self;
        let won = DealWorth::of(&won, standing);
        let closed = won.count + lost;
        LeaderboardRow {
            user,
            win_rate: (closed > 0).then(|| won.count as f64 / closed as f64),
            won,
            lost,
            interactions,
            tasks,
            activities: interactions + tasks,
        }
    }
}
