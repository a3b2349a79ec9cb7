//! The open deals of a pipeline by stage and owner, and how their expected days slip.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::stages::{ReportedPipeline, ReportedStage};
use super::visibility::{Visibility, number};
use super::worth::DealWorth;
use crate::base::error::Result;
use crate::base::ids::{PipelineId, PipelineStageId};
use crate::deals::{DealTotals, Standing, Sums, grouped_sql};
use crate::pipelines::StageKind;
use crate::users::{self, OwnerFilter, UserRef};

/// Which deals a report of a pipeline has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PipelineStatsQuery {
    /// The pipeline; the default if absent.
    pub pipeline: Option<PipelineId>,
    /// The start of the period in which expected days were moved back. The default is 30 days before the end.
    pub from: Option<DateOrTime>,
    /// The end of that period. The default is today.
    pub to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
    /// Only deals of this owner.
    pub owner: Option<OwnerFilter>,
}

/// The open deals of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PipelineStats {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The pipeline; absent if your company has none yet.
    pub pipeline_id: Option<PipelineId>,
    /// The pipeline's name.
    pub pipeline_name: Option<String>,
    /// All open deals of the pipeline.
    pub totals: DealTotals,
    /// The open stages in their order, also those without deals.
    pub stages: Vec<PipelineStageStats>,
    /// The owners, by name, and a row for deals without an owner, if there are any.
    pub owners: Vec<PipelineOwnerStats>,
    /// How expected days slip.
    pub slippage: Slippage,
}

/// The open deals of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PipelineStageStats {
    /// The stage.
    pub stage_id: PipelineStageId,
    /// The code of the stage.
    pub code: String,
    /// The name of the stage.
    pub name: String,
    /// All open deals of the stage.
    pub totals: DealTotals,
    /// The same by owner, as for the whole pipeline.
    pub owners: Vec<PipelineOwnerStats>,
}

/// The open deals of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PipelineOwnerStats {
    /// The owner; `null` for deals without one.
    pub owner: Option<UserRef>,
    /// Their deals.
    pub totals: DealTotals,
}

/// How the expected days of deals slip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Slippage {
    /// The open deals whose expected day is over.
    pub passed: DealWorth,
    /// The number of open deals without an expected day.
    pub without_date: u64,
    /// The start of the period in which expected days were moved back.
    pub from: DateTime<Utc>,
    /// The end of that period, exclusive.
    pub to: DateTime<Utc>,
    /// The number of deals, open or closed, whose expected day was moved back in the period.
    pub postponed_deals: u64,
    /// How often an expected day was moved back in the period.
    pub postponements: u64,
    /// By how many days, all together.
    pub postponed_days: u64,
}

/// Sums by stage and owner.
#[derive(Default)]
struct Report {
    all: Sums,
    by_stage: BTreeMap<Uuid, Sums>,
    by_owner: BTreeMap<Option<Uuid>, Sums>,
    by_both: BTreeMap<(Uuid, Option<Uuid>), Sums>,
    passed: Sums,
    without_date: u64,
}

impl Stats<'_, '_> {
    /// Computes the report of a pipeline in four statements.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`]; [`Error::NotFound`](crate::Error::NotFound) for a pipeline that the company does not
    /// have.
    #[tracing::instrument(name = "stats.pipeline", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn pipeline(&self, query: &PipelineStatsQuery) -> Result<PipelineStats> {
        let company = self.0.company().await?;
        let visibility = Visibility::of(self.0).await?.of_owner(query.owner)?;
        let as_of = self.0.crm.now();
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let period = Period::unbucketed(zone, Interval::Day, (query.from, query.to), as_of)?.aligned();
        let standing = Standing::of(&company, as_of, self.0.actor());
        let pipeline = self.reported_pipeline(query.pipeline).await?;
        let today = as_of.with_timezone(&zone).date_naive().to_string();
        let (mut report, mut postponed) = (Report::default(), [0; 3]);
        if let Some(pipeline) = &pipeline {
            report = self.open_deals(&visibility, pipeline.id, &today, &standing).await?;
            postponed = self.postponed(&visibility, pipeline.id, period).await?;
        }
        let owners: BTreeSet<Uuid> = report.by_owner.keys().flatten().copied().collect();
        let names = users::load_user_refs(self.0, owners.into_iter().collect()).await?;
        let named = |owner: Option<Uuid>| owner.and_then(|id| names.get(&id).cloned());
        let (pipeline_id, pipeline_name, stages) = match pipeline {
            Some(ReportedPipeline { id, name, stages }) => (Some(id), Some(name), stages),
            None => (None, None, Vec::new()),
        };
        let [postponed_deals, postponements, postponed_days] = postponed;
        Ok(PipelineStats {
            as_of,
            time_zone: zone.name().to_owned(),
            pipeline_id,
            pipeline_name,
            totals: report.all.totals(&standing),
            stages: report.stages(stages, named, &standing),
            owners: by_name(report.by_owner.iter().map(|(owner, sums)| (named(*owner), sums)), &standing),
            slippage: Slippage {
                passed: DealWorth::of(&report.passed, &standing),
                without_date: report.without_date,
                from: period.from,
                to: period.to,
                postponed_deals,
                postponements,
                postponed_days,
            },
        })
    }

    /// The open deals by stage and owner, and by whether their expected day is over.
    async fn open_deals(
        &self,
        visibility: &Visibility,
        pipeline: PipelineId,
        today: &str,
        standing: &Standing,
    ) -> Result<Report> {
        let mut parameters = Visibility::parameters(self.0);
        let (seen, pipeline) = (visibility.deals(&mut parameters), parameters.add(pipeline.0));
        let today = parameters.add(today);
        // 9999-12-31 stands for no day.
        let due = format!(
            "CASE WHEN d.expected_close_key = '9999-12-31' THEN 'never' \
             WHEN d.expected_close_key < {today} THEN 'passed' ELSE 'coming' END"
        );
        let condition = format!("{seen} AND d.status = 'open' AND d.pipeline_id = {pipeline}");
        let sql = grouped_sql(&[("d.owner_id", "user_id"), (due.as_str(), "due")], "crm_deals AS d", &condition);
        let mut report = Report::default();
        for row in &parameters.rows(self.0, &sql).await? {
            let (stage, owner): (Uuid, Option<Uuid>) = (row.try_get("", "stage_id")?, row.try_get("", "user_id")?);
            let (due, probability): (String, i64) = (row.try_get("", "due")?, row.try_get("", "probability")?);
            let all = [
                &mut report.all,
                report.by_stage.entry(stage).or_default(),
                report.by_owner.entry(owner).or_default(),
                report.by_both.entry((stage, owner)).or_default(),
            ];
            for sums in all {
                sums.add(row, probability, standing)?;
            }
            match due.as_str() {
                "passed" => report.passed.add(row, probability, standing)?,
                "never" => report.without_date += number(row, "deals")?,
                _ => {}
            }
        }
        Ok(report)
    }

    /// The number of deals that were postponed, how often, and by how many days.
    async fn postponed(&self, visibility: &Visibility, pipeline: PipelineId, period: Span) -> Result<[u64; 3]> {
        let mut parameters = Visibility::parameters(self.0);
        let (seen, pipeline) = (visibility.deals(&mut parameters), parameters.add(pipeline.0));
        let [from, to] = [period.from, period.to].map(|time| parameters.add(time));
        let sql = format!(
            "SELECT count(DISTINCT p.deal_id) AS deals, count(*) AS times, CAST(sum(p.days) AS bigint) AS days \
             FROM crm_deal_postponements AS p JOIN crm_deals AS d ON d.id = p.deal_id \
             WHERE p.company_id = $1 AND p.postponed_at >= {from} AND p.postponed_at < {to} \
             AND {seen} AND d.pipeline_id = {pipeline}"
        );
        let rows = parameters.rows(self.0, &sql).await?;
        let Some(row) = rows.first() else { return Ok([0; 3]) };
        Ok([number(row, "deals")?, number(row, "times")?, number(row, "days")?])
    }
}

impl Report {
    /// The open stages; others have no open deals.
    fn stages(
        &self,
        stages: Vec<ReportedStage>,
        named: impl Fn(Option<Uuid>) -> Option<UserRef>,
        standing: &Standing,
    ) -> Vec<PipelineStageStats> {
        let open = stages.into_iter().filter(|stage| stage.kind == StageKind::Open);
        open.map(|stage| {
            let owners = self.by_both.range((stage.id.0, None)..).take_while(|((id, _), _)| *id == stage.id.0);
            PipelineStageStats {
                stage_id: stage.id,
                totals: self.by_stage.get(&stage.id.0).cloned().unwrap_or_default().totals(standing),
                owners: by_name(owners.map(|((_, owner), sums)| (named(*owner), sums)), standing),
                code: stage.code,
                name: stage.name,
            }
        })
        .collect()
    }
}

/// Owners by their names, deals without one last.
fn by_name<'s>(
    sums: impl Iterator<Item = (Option<UserRef>, &'s Sums)>,
    standing: &Standing,
) -> Vec<PipelineOwnerStats> {
    let row = |(owner, sums): (Option<UserRef>, &Sums)| PipelineOwnerStats { owner, totals: sums.totals(standing) };
    let mut rows: Vec<PipelineOwnerStats> = sums.map(row).collect();
    rows.sort_by_key(|row| super::by_user(row.owner.as_ref()));
    rows
}
