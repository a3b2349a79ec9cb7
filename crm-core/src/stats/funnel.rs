//! How far the deals of a cohort come: from stage to stage of a pipeline.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::dialect::medians;
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::stages::ReportedPipeline;
use super::visibility::{Visibility, number, spans};
use crate::base::error::Result;
use crate::base::ids::{PipelineId, PipelineStageId};
use crate::pipelines::StageKind;
use crate::scope::parameters::Parameters;
use crate::users::OwnerFilter;

const SECONDS_OF_DAY: f64 = 86_400.0;

/// The cohorts of a funnel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FunnelQuery {
    /// The pipeline; the default if absent.
    pub pipeline: Option<PipelineId>,
    /// The length of the intervals that are cohorts, at most 366; the whole period is one cohort if absent.
    pub interval: Option<Interval>,
    /// The start of the period. The default is 30 days, 12 weeks or 12 months before the end.
    pub from: Option<DateOrTime>,
    /// The end of the period. The default is today.
    pub to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
    /// Only deals of this owner.
    pub owner: Option<OwnerFilter>,
}

/// The stages that the deals of some cohorts have reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Funnel {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The length of an interval; `null` if the period is one cohort.
    pub interval: Option<Interval>,
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub to: DateTime<Utc>,
    /// The pipeline; absent if your company has none yet.
    pub pipeline_id: Option<PipelineId>,
    /// The pipeline's name.
    pub pipeline_name: Option<String>,
    /// The cohorts in order, without gaps.
    pub cohorts: Vec<FunnelCohort>,
}

/// The deals that were added in an interval, and have been in the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunnelCohort {
    /// The first day of the interval, in the time zone.
    pub date: NaiveDate,
    /// The start of the interval; the first interval does not start before the period.
    pub from: DateTime<Utc>,
    /// The end of the interval, exclusive.
    pub to: DateTime<Utc>,
    /// The number of deals of the cohort.
    pub deals: u64,
    /// The stages of the pipeline in their order, as they are now.
    pub stages: Vec<FunnelStage>,
}

/// How the deals of a cohort passed a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FunnelStage {
    /// The stage.
    pub stage_id: PipelineStageId,
    /// The code of the stage.
    pub code: String,
    /// The name of the stage.
    pub name: String,
    /// What being in the stage means.
    pub kind: StageKind,
    /// The number of deals that have ever been in the stage.
    pub entered: u64,
    /// The number of those that have ever been in a later stage which is not a lost one. Zero for lost stages.
    pub reached_next: u64,
    /// The number of those that are lost, and have never been in a later stage which is not a lost one. Zero for lost
    /// stages.
    pub dropped: u64,
    /// `reachedNext` divided by `entered`; `null` if no deal has been in the stage.
    pub conversion_rate: Option<f64>,
    /// The median of the times that deals stayed in the stage before they left it, in days; `null` if none has left it.
    pub median_days: Option<f64>,
}

/// What is counted of a stage, in the order of `entered`, `reached_next`, `dropped`.
type Counts = [u64; 3];

/// By the number of the cohort and the stage; without a stage, all deals of the cohort.
type ByStage<T> = HashMap<(i64, Option<Uuid>), T>;

impl Stats<'_, '_> {
    /// Computes the funnel of a pipeline in three statements.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`]; [`Error::NotFound`](crate::Error::NotFound) for a pipeline that the company does not
    /// have.
    #[tracing::instrument(name = "stats.funnel", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn funnel(&self, query: &FunnelQuery) -> Result<Funnel> {
        let company = self.0.company().await?;
        let visibility = Visibility::of(self.0).await?.of_owner(query.owner)?;
        let as_of = self.0.crm.now();
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let bounds = (query.from, query.to);
        let (period, of_spans) = match query.interval {
            Some(interval) => {
                let period = Period::new(zone, interval, bounds, as_of)?;
                (period, period.spans().collect())
            }
            None => {
                let period = Period::unbucketed(zone, Interval::Day, bounds, as_of)?;
                (period, vec![period.aligned()])
            }
        };
        let pipeline = self.reported_pipeline(query.pipeline).await?;
        let cohorts = match &pipeline {
            Some(pipeline) => self.cohorts(&visibility, pipeline, &of_spans).await?,
            None => of_spans.iter().map(|span| FunnelCohort::of(*span)).collect(),
        };
        Ok(Funnel {
            as_of,
            time_zone: zone.name().to_owned(),
            interval: query.interval,
            from: period.from,
            to: period.to,
            pipeline_id: pipeline.as_ref().map(|pipeline| pipeline.id),
            pipeline_name: pipeline.map(|pipeline| pipeline.name),
            cohorts,
        })
    }

    async fn cohorts(
        &self,
        visibility: &Visibility,
        pipeline: &ReportedPipeline,
        of_spans: &[Span],
    ) -> Result<Vec<FunnelCohort>> {
        let counts = self.passed(visibility, pipeline.id, of_spans).await?;
        let stays = self.stays(visibility, pipeline.id, of_spans).await?;
        let cohorts = of_spans.iter().zip(0_i64..).map(|(span, number)| {
            let of = |stage: Option<Uuid>| counts.get(&(number, stage)).copied().unwrap_or_default();
            let stages = pipeline.stages.iter().map(|stage| {
                let [entered, reached_next, dropped] = of(Some(stage.id.0));
                FunnelStage {
                    stage_id: stage.id,
                    code: stage.code.clone(),
                    name: stage.name.clone(),
                    kind: stage.kind,
                    entered,
                    reached_next,
                    dropped,
                    conversion_rate: (entered > 0).then(|| reached_next as f64 / entered as f64),
                    median_days: stays.get(&(number, Some(stage.id.0))).map(|seconds| seconds / SECONDS_OF_DAY),
                }
            });
            FunnelCohort { deals: of(None)[0], stages: stages.collect(), ..FunnelCohort::of(*span) }
        });
        Ok(cohorts.collect())
    }

    /// Each deal of a cohort counts once in each stage that it has been in.
    async fn passed(
        &self,
        visibility: &Visibility,
        pipeline: PipelineId,
        of_spans: &[Span],
    ) -> Result<ByStage<Counts>> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(of_spans, None, &mut parameters);
        let cohort = cohort(visibility, pipeline, &mut parameters);
        let sql = format!(
            "{with}, entries AS (SELECT DISTINCT spans.number, d.id, d.status, h.stage_id, s.position, s.kind {cohort}), \
             furthest AS (SELECT id, max(position) AS position FROM entries WHERE kind <> 'lost' GROUP BY id) \
             SELECT entries.number, entries.stage_id, count(*) AS entered, \
             count(CASE WHEN entries.kind <> 'lost' AND furthest.position > entries.position THEN 1 END) AS reached, \
             count(CASE WHEN entries.kind <> 'lost' AND furthest.position <= entries.position \
             AND entries.status = 'lost' THEN 1 END) AS dropped \
             FROM entries LEFT JOIN furthest ON furthest.id = entries.id GROUP BY entries.number, entries.stage_id \
             UNION ALL SELECT number, CAST(NULL AS uuid) AS stage_id, count(DISTINCT id) AS entered, \
             CAST(0 AS bigint) AS reached, CAST(0 AS bigint) AS dropped FROM entries GROUP BY number"
        );
        let mut counts = ByStage::new();
        for row in &parameters.rows(self.0, &sql).await? {
            let key = (row.try_get("", "number")?, row.try_get("", "stage_id")?);
            counts.insert(key, [number(row, "entered")?, number(row, "reached")?, number(row, "dropped")?]);
        }
        Ok(counts)
    }

    /// The median stay in each stage, in seconds. A deal that has been in a stage twice has two stays.
    async fn stays(&self, visibility: &Visibility, pipeline: PipelineId, of_spans: &[Span]) -> Result<ByStage<f64>> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(of_spans, None, &mut parameters);
        let cohort = cohort(visibility, pipeline, &mut parameters);
        let rows = format!(
            "SELECT spans.number, h.stage_id, CAST(h.seconds AS double precision) AS seconds {cohort} \
             AND h.seconds IS NOT NULL"
        );
        let sql = format!("{with} {}", medians("number, stage_id", &rows, self.0.is_postgres()));
        let mut stays = ByStage::new();
        for row in &parameters.rows(self.0, &sql).await? {
            let key = (row.try_get("", "number")?, row.try_get("", "stage_id")?);
            stays.insert(key, row.try_get("", "median")?);
        }
        Ok(stays)
    }
}

/// The entries `h` into stages `s` of the deals `d` of each cohort: what follows the columns of a select.
fn cohort(visibility: &Visibility, pipeline: PipelineId, parameters: &mut Parameters) -> String {
    let (seen, pipeline) = (visibility.deals(parameters), parameters.add(pipeline.0));
    format!(
        "FROM spans CROSS JOIN crm_deals AS d \
         JOIN crm_deal_stage_history AS h ON h.company_id = $1 AND h.deal_id = d.id AND h.pipeline_id = {pipeline} \
         JOIN crm_pipeline_stages AS s ON s.company_id = $1 AND s.id = h.stage_id AND s.pipeline_id = {pipeline} \
         WHERE {seen} AND d.created_at >= spans.starts AND d.created_at < spans.ends"
    )
}

impl FunnelCohort {
    /// Without deals and stages.
    const fn of(span: Span) -> Self {
        Self { date: span.day, from: span.from, to: span.to, deals: 0, stages: Vec::new() }
    }
}
