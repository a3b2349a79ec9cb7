//! Query parameters of statistics of sales.

use crm_core::ids::PipelineId;
use crm_core::quotas::Month;
use crm_core::stats::{
    DateOrTime, ForecastGroup, ForecastQuery, FunnelQuery, Interval, LeadStatsQuery, LeaderboardQuery,
    PipelineStatsQuery, TaskStatsQuery,
};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

/// The leads that statistics count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LeadParameters {
    /// The start of the period: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days before the end.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of the period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only leads of this owner; `me` for your own, `none` for those without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
}

impl From<LeadParameters> for LeadStatsQuery {
    fn from(parameters: LeadParameters) -> Self {
        let LeadParameters { from, to, time_zone, owner_id: owner } = parameters;
        Self { from, to, time_zone, owner }
    }
}

/// The cohorts of a funnel.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FunnelParameters {
    /// The pipeline. The default is the default pipeline.
    #[param(nullable = false)]
    pipeline_id: Option<PipelineId>,
    /// The length of the intervals that are cohorts: `day`, `week` (starting on Monday) or `month`; at most 366 intervals. If
    /// absent, the whole period is one cohort.
    #[param(nullable = false)]
    interval: Option<Interval>,
    /// The start of the period: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days before the end, or 12 weeks or 12 months with these intervals.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of the period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only deals of this owner; `me` for your own, `none` for those without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
}

impl From<FunnelParameters> for FunnelQuery {
    fn from(parameters: FunnelParameters) -> Self {
        let FunnelParameters { pipeline_id: pipeline, interval, from, to, time_zone, owner_id: owner } = parameters;
        Self { pipeline, interval, from, to, time_zone, owner }
    }
}

/// The deals that statistics of a pipeline count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PipelineParameters {
    /// The pipeline. The default is the default pipeline.
    #[param(nullable = false)]
    pipeline_id: Option<PipelineId>,
    /// The start of the period in which expected days were moved back: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days before the end.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of that period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only deals of this owner; `me` for your own, `none` for those without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
}

impl From<PipelineParameters> for PipelineStatsQuery {
    fn from(parameters: PipelineParameters) -> Self {
        let PipelineParameters { pipeline_id: pipeline, from, to, time_zone, owner_id: owner } = parameters;
        Self { pipeline, from, to, time_zone, owner }
    }
}

/// The months of a forecast.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ForecastParameters {
    /// The subject of the rows of a month: a `user` or a `team`.
    #[param(nullable = false, default = "user")]
    group_by: Option<ForecastGroup>,
    /// The first month (`2026-11`). The default is the present one.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<Month>,
    /// The last month; at most 24 months in all. The default is five months after the first one.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<Month>,
    /// The time zone (IANA) of the months. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only deals of this pipeline, without quotas.
    #[param(nullable = false)]
    pipeline_id: Option<PipelineId>,
    /// Only deals and quotas of this owner; `me` for your own, `none` for those without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
}

impl From<ForecastParameters> for ForecastQuery {
    fn from(parameters: ForecastParameters) -> Self {
        let ForecastParameters { group_by, from, to, time_zone, pipeline_id: pipeline, owner_id: owner } = parameters;
        Self { group_by: group_by.unwrap_or_default(), from, to, time_zone, pipeline, owner }
    }
}

/// The period of a leaderboard.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LeaderboardParameters {
    /// The start of the period: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days before the end.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of the period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only deals of this pipeline.
    #[param(nullable = false)]
    pipeline_id: Option<PipelineId>,
}

impl From<LeaderboardParameters> for LeaderboardQuery {
    fn from(parameters: LeaderboardParameters) -> Self {
        let LeaderboardParameters { from, to, time_zone, pipeline_id: pipeline } = parameters;
        Self { pipeline, from, to, time_zone }
    }
}

/// The tasks that statistics count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TaskParameters {
    /// The start of the period: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days before the end.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of the period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only tasks of this assignee; `me` for your own, `none` for those without an assignee.
    #[param(nullable = false, value_type = Option<String>)]
    assignee_id: Option<OwnerFilter>,
}

impl From<TaskParameters> for TaskStatsQuery {
    fn from(parameters: TaskParameters) -> Self {
        let TaskParameters { from, to, time_zone, assignee_id: assignee } = parameters;
        Self { from, to, time_zone, assignee }
    }
}
