//! What is won, and what may be won, month by month, beside the quotas.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::period::{Span, midnight, zone};
use super::visibility::{Visibility, spans};
use super::worth::DealWorth;
use crate::base::error::{Malformed, Result};
use crate::base::ids::{PipelineId, TeamId, UserId};
use crate::base::money::Money;
use crate::base::string_enum::string_enum;
use crate::deals::{DealStatus, Standing, Sums, grouped_sql};
use crate::quotas::{self, Month, QuotaSubject};
use crate::users::{self, OwnerFilter, TeamRef, Teams, UserRef};

/// The maximum number of months of a forecast.
const MAX_MONTHS: usize = 24;
/// How many months a forecast has after the first one, unless another end is asked for.
const USUAL_MONTHS: u32 = 5;
/// From this probability on, in percent, an open deal is committed.
const COMMITTED: i64 = 75;

string_enum! {
    /// The subject of the rows of a forecast.
    #[derive(Default)]
    ForecastGroup {
        /// A user.
        #[default]
        User = "user",
        /// A team.
        Team = "team",
    }
}

/// The months and the deals of a forecast.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ForecastQuery {
    /// The subject of the rows of a month.
    pub group_by: ForecastGroup,
    /// The first month. The default is the present one.
    pub from: Option<Month>,
    /// The last month, at most 24 months in all. The default is five months after the first one.
    pub to: Option<Month>,
    /// The time zone (IANA) of the months. The default is the company's.
    pub time_zone: Option<String>,
    /// Only deals of this pipeline: without quotas, which are for all pipelines.
    pub pipeline: Option<PipelineId>,
    /// Only deals, and the quotas, of this owner.
    pub owner: Option<OwnerFilter>,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Forecast {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the months.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The subject of the rows of a month.
    pub group_by: ForecastGroup,
    /// The months in order, without gaps.
    pub months: Vec<ForecastMonth>,
}

/// The forecast of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ForecastMonth {
    /// The month.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$"))]
    pub month: Month,
    /// The deals of all owners, and of none, beside the quotas of users.
    pub totals: ForecastNumbers,
    /// The users who have deals or a quota in the month, by name, and a row for deals without an owner, if there are any. None
    /// by team.
    pub users: Vec<ForecastUser>,
    /// By team: the teams that have deals or a quota in the month, by name, and a row for deals of no team, if there are any.
    /// A deal is in the rows of all teams of its owner, and of those above, so that the rows do not add up to the totals.
    pub teams: Vec<ForecastTeam>,
}

/// The forecast of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ForecastUser {
    /// The user; `null` for deals without an owner.
    pub user: Option<UserRef>,
    /// Their deals.
    pub numbers: ForecastNumbers,
}

/// The forecast of a team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ForecastTeam {
    /// The team; `null` for deals without an owner, and for those whose owner is in no team.
    pub team: Option<TeamRef>,
    /// The deals of its members, and of those of the teams below it, beside the quota of the team.
    pub numbers: ForecastNumbers,
}

/// What is won in a month, and what may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ForecastNumbers {
    /// The deals that were won in the month.
    pub closed: DealWorth,
    /// These, and the open deals expected in the month with a probability of at least 75 percent.
    pub committed: DealWorth,
    /// The deals won in the month, and all open deals expected in it, the latter times their probabilities.
    pub weighted: DealWorth,
    /// The deals won in the month, and all open deals expected in it.
    pub best_case: DealWorth,
    /// The quotas for the month, in each currency.
    pub quotas: Vec<Money>,
    /// The quotas in the base currency, by the current rates; `null` without quotas, and if a currency has no rate.
    pub base_quota: Option<Money>,
    /// The base amount of `closed` divided by `baseQuota`; `null` without it, and if it is zero.
    pub attainment: Option<f64>,
}

/// The sums of a month, or of a user or a team in it.
#[derive(Debug, Default)]
struct Group {
    closed: Sums,
    committed: Sums,
    best_case: Sums,
    /// By the code of the currency.
    quotas: BTreeMap<&'static str, Money>,
}

/// The sums by the number of the month, and by user or team in it.
#[derive(Debug, Default)]
struct Groups {
    months: HashMap<i64, Group>,
    users: BTreeMap<(i64, Option<Uuid>), Group>,
    teams: BTreeMap<(i64, Option<TeamId>), Group>,
}

impl Stats<'_, '_> {
    /// Computes the forecast in four statements, by team in five.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`]; [`Error::Malformed`](crate::Error::Malformed) also for more than 24 months.
    #[tracing::instrument(name = "stats.forecast", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn forecast(&self, query: &ForecastQuery) -> Result<Forecast> {
        let company = self.0.company().await?;
        let visibility = Visibility::of(self.0).await?.of_owner(query.owner)?;
        let as_of = self.0.crm.now();
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let months = months(query, Month::of(as_of.with_timezone(&zone).date_naive()))?;
        let span = |month: &Month| Span {
            day: month.first_day(),
            from: midnight(zone, month.first_day()),
            to: midnight(zone, month.plus(1).first_day()),
        };
        let of_spans: Vec<Span> = months.iter().map(span).collect();
        let standing = Standing::of(&company, as_of, self.0.actor());
        let mut groups = Groups::default();
        self.won_deals(&visibility, (query.pipeline, &of_spans), &standing, &mut groups).await?;
        self.expected_deals(&visibility, (query.pipeline, &months), &standing, &mut groups).await?;
        if query.pipeline.is_none() {
            self.quotas_of(query.owner, &months, &mut groups).await?;
        }
        let ids: BTreeSet<Uuid> = groups.users.keys().filter_map(|(_, user)| *user).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let months = match query.group_by {
            ForecastGroup::User => groups.by_user(&months, &users::load_user_refs(self.0, ids).await?, &standing),
            ForecastGroup::Team => groups.by_team(&months, &users::teams_of_users(self.0, ids).await?, &standing),
        };
        Ok(Forecast { as_of, time_zone: zone.name().to_owned(), group_by: query.group_by, months })
    }

    /// The deals that were won in each month.
    async fn won_deals(
        &self,
        visibility: &Visibility,
        (pipeline, of_spans): (Option<PipelineId>, &[Span]),
        standing: &Standing,
        groups: &mut Groups,
    ) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(of_spans, None, &mut parameters);
        let seen = visibility.deals(&mut parameters);
        let pipeline = pipeline.map_or_else(String::new, |id| format!(" AND d.pipeline_id = {}", parameters.add(id.0)));
        let condition = format!(
            "{seen} AND d.status = 'won' AND d.closed_at >= spans.starts AND d.closed_at < spans.ends{pipeline}"
        );
        let by = [("spans.number", "number"), ("d.owner_id", "user_id")];
        let sql = format!("{with} {}", grouped_sql(&by, "spans CROSS JOIN crm_deals AS d", &condition));
        for row in &parameters.rows(self.0, &sql).await? {
            groups.add(row.try_get("", "number")?, row, standing)?;
        }
        Ok(())
    }

    /// The open deals that are expected in each month.
    async fn expected_deals(
        &self,
        visibility: &Visibility,
        (pipeline, months): (Option<PipelineId>, &[Month]),
        standing: &Standing,
        groups: &mut Groups,
    ) -> Result<()> {
        let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(()) };
        let mut parameters = Visibility::parameters(self.0);
        let seen = visibility.deals(&mut parameters);
        let from = parameters.add(first.first_day().to_string());
        let to = parameters.add(last.plus(1).first_day().to_string());
        let pipeline = pipeline.map_or_else(String::new, |id| format!(" AND d.pipeline_id = {}", parameters.add(id.0)));
        let condition = format!(
            "{seen} AND d.status = 'open' AND d.expected_close_key >= {from} AND d.expected_close_key < {to}{pipeline}"
        );
        let by = [("substr(d.expected_close_key, 1, 7)", "month"), ("d.owner_id", "user_id")];
        let sql = grouped_sql(&by, "crm_deals AS d", &condition);
        let numbers = numbered(months);
        for row in &parameters.rows(self.0, &sql).await? {
            let month: String = row.try_get("", "month")?;
            if let Some(number) = numbers.get(&month) {
                groups.add(*number, row, standing)?;
            }
        }
        Ok(())
    }

    async fn quotas_of(&self, owner: Option<OwnerFilter>, months: &[Month], groups: &mut Groups) -> Result<()> {
        let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(()) };
        let user = match owner.map(|owner| owner.user(self.0.actor().user_id())).transpose()? {
            // Deals without an owner have no quota.
            Some(None) => return Ok(()),
            Some(user) => user,
            None => None,
        };
        let numbers = numbered(months);
        for quota in quotas::of_months(self.0, (*first, *last), user).await? {
            match (numbers.get(&quota.month.to_string()), quota.subject()) {
                (Some(number), Some(QuotaSubject::User(user))) => groups.add_quota(*number, user, quota.amount),
                (Some(number), Some(QuotaSubject::Team(team))) => groups.add_team_quota(*number, team, quota.amount),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The months of a query.
///
/// # Errors
/// [`Malformed`] if the last one is before the first, or there are too many.
fn months(query: &ForecastQuery, present: Month) -> Result<Vec<Month>, Malformed> {
    let from = query.from.unwrap_or(present);
    let to = query.to.unwrap_or_else(|| from.plus(USUAL_MONTHS));
    let invalid = |detail: String| Malformed::new("parameter_invalid", "to", detail);
    let months: Vec<Month> =
        (0..).map(|step| from.plus(step)).take_while(|month| *month <= to).take(MAX_MONTHS + 1).collect();
    match months.len() {
        0 => Err(invalid("the last month must not be before the first".to_owned())),
        1..=MAX_MONTHS => Ok(months),
        _ => Err(invalid(format!("at most {MAX_MONTHS} months"))),
    }
}

/// The numbers of the months by their texts.
fn numbered(months: &[Month]) -> HashMap<String, i64> {
    months.iter().map(ToString::to_string).zip(0_i64..).collect()
}

impl Groups {
    /// Adds deals of a month.
    fn add(&mut self, month: i64, row: &QueryResult, standing: &Standing) -> Result<()> {
        let user: Option<Uuid> = row.try_get("", "user_id")?;
        self.months.entry(month).or_default().add(row, standing)?;
        self.users.entry((month, user)).or_default().add(row, standing)
    }

    fn add_quota(&mut self, month: i64, user: UserId, amount: Money) {
        self.months.entry(month).or_default().add_quota(amount);
        self.users.entry((month, Some(user.0))).or_default().add_quota(amount);
    }

    fn add_team_quota(&mut self, month: i64, team: TeamId, amount: Money) {
        self.teams.entry((month, Some(team))).or_default().add_quota(amount);
    }

    fn by_user(&self, months: &[Month], names: &HashMap<Uuid, UserRef>, standing: &Standing) -> Vec<ForecastMonth> {
        let month = |(number, month): (i64, &Month)| {
            let users = self.users.range((number, None)..).take_while(|((of, _), _)| *of == number);
            let user = |((_, user), group): (&(i64, Option<Uuid>), &Group)| ForecastUser {
                user: user.and_then(|id| names.get(&id).cloned()),
                numbers: group.numbers(standing),
            };
            let mut users: Vec<ForecastUser> = users.map(user).collect();
            users.sort_by_key(|row| super::by_user(row.user.as_ref()));
            ForecastMonth { month: *month, totals: self.totals(number, standing), users, teams: Vec::new() }
        };
        (0_i64..).zip(months).map(month).collect()
    }

    fn by_team(mut self, months: &[Month], teams: &Teams, standing: &Standing) -> Vec<ForecastMonth> {
        for ((month, user), group) in std::mem::take(&mut self.users) {
            if group.best_case.is_empty() {
                continue;
            }
            let of_user = user.map(|user| teams.of_user(user.into())).unwrap_or_default();
            let none = of_user.is_empty().then_some(None);
            for team in of_user.into_iter().map(Some).chain(none) {
                self.teams.entry((month, team)).or_default().add_deals(&group);
            }
        }
        let month = |(number, month): (i64, &Month)| {
            let rows = self.teams.range((number, None)..).take_while(|((of, _), _)| *of == number);
            let row = |((_, team), group): (&(i64, Option<TeamId>), &Group)| ForecastTeam {
                team: team.map(|id| teams.reference(id)),
                numbers: group.numbers(standing),
            };
            let mut rows: Vec<ForecastTeam> = rows.map(row).collect();
            rows.sort_by_key(|row| {
                let named = row.team.as_ref().map(|team| (team.name.clone(), team.id));
                (named.is_none(), named)
            });
            ForecastMonth { month: *month, totals: self.totals(number, standing), users: Vec::new(), teams: rows }
        };
        (0_i64..).zip(months).map(month).collect()
    }

    fn totals(&self, month: i64, standing: &Standing) -> ForecastNumbers {
        self.months.get(&month).map_or_else(|| Group::default().numbers(standing), |group| group.numbers(standing))
    }
}

impl Group {
    fn add(&mut self, row: &QueryResult, standing: &Standing) -> Result<()> {
        let (status, probability): (String, i64) = (row.try_get("", "status")?, row.try_get("", "probability")?);
        let is_won = status == DealStatus::Won.as_str();
        let probability = if is_won { 100 } else { probability };
        if is_won {
            self.closed.add(row, probability, standing)?;
        }
        if probability >= COMMITTED {
            self.committed.add(row, probability, standing)?;
        }
        self.best_case.add(row, probability, standing)
    }

    /// Adds the deals of another group, and not its quotas.
    fn add_deals(&mut self, other: &Self) {
        self.closed.add_all(&other.closed);
        self.committed.add_all(&other.committed);
        self.best_case.add_all(&other.best_case);
    }

    fn add_quota(&mut self, amount: Money) {
        let sum = self.quotas.entry(amount.currency.code()).or_insert(Money { amount: 0, ..amount });
        sum.amount = sum.amount.saturating_add(amount.amount);
    }

    fn numbers(&self, standing: &Standing) -> ForecastNumbers {
        let quotas: Vec<Money> = self.quotas.values().copied().collect();
        let worth = |quota: &Money| standing.worth(quota.currency, quota.amount.into(), 1);
        let add = |sum: i64, quota: &Money| Some(sum.saturating_add(worth(quota)?));
        let base_quota = quotas.iter().try_fold(0, add).filter(|_| !quotas.is_empty());
        let closed = DealWorth::of(&self.closed, standing);
        let attainment =
            base_quota.filter(|quota| *quota > 0).map(|quota| closed.base_amount.amount as f64 / quota as f64);
        ForecastNumbers {
            closed,
            committed: DealWorth::of(&self.committed, standing),
            weighted: DealWorth::weighted(&self.best_case, standing),
            best_case: DealWorth::of(&self.best_case, standing),
            quotas,
            base_quota: base_quota.map(|amount| standing.in_base(amount)),
            attainment,
        }
    }
}
