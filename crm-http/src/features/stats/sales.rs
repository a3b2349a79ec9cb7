//! Reading statistics of sales.

use actix_web::get;
use crm_core::stats::{
    Forecast, ForecastQuery, Funnel, FunnelQuery, LeadStats, LeadStatsQuery, Leaderboard, LeaderboardQuery,
    PipelineStats, PipelineStatsQuery, TaskStats, TaskStatsQuery,
};
use crm_core::users::OwnerFilter;

use super::sales_parameters::{
    ForecastParameters, FunnelParameters, LeadParameters, LeaderboardParameters, PipelineParameters, TaskParameters,
};
use crm_web::answer::ApiResult;
use crm_web::cache::CacheKind;
use crm_web::problem::ApiError;
use crm_web::problem::responses::{GetErrors, ReadErrors};
use crm_web::request::{Caller, Query};

/// Users share what is cached, so that it must not depend on who `me` is.
fn resolved(caller: &Caller, owner: Option<OwnerFilter>) -> Result<Option<OwnerFilter>, ApiError> {
    owner.map(|owner| owner.resolved(caller.actor().user_id())).transpose().map_err(ApiError::from)
}

/// Read statistics of leads
///
/// The leads added in a period by status, source and owner, how many of them are converted, how soon they had their first
/// response, how many leads were converted in the period, and how long that took.
#[utoipa::path(
    tag = "stats",
    params(LeadParameters),
    responses((status = 200, description = "The statistics", body = LeadStats), ReadErrors),
)]
#[get("/stats/leads")]
pub(super) async fn get_lead_stats(caller: Caller, parameters: Query<LeadParameters>) -> ApiResult {
    let query = LeadStatsQuery::from(parameters.0);
    let query = LeadStatsQuery { owner: resolved(&caller, query.owner)?, ..query };
    caller
        .cached_response((CacheKind::Stats, "getLeadStats"), &query, async |scope| scope.stats().leads(&query).await)
        .await
}

/// Read the funnel
///
/// How far the deals of a cohort came in a pipeline: for each stage, how many have ever been in it, how many of these have
/// been in a later one, how many were lost before that, and the median of the days in the stage. A cohort are the deals
/// added in an interval, or in the whole period.
#[utoipa::path(
    tag = "stats",
    params(FunnelParameters),
    responses((status = 200, description = "The funnel", body = Funnel), GetErrors),
)]
#[get("/stats/funnel")]
pub(super) async fn get_funnel(caller: Caller, parameters: Query<FunnelParameters>) -> ApiResult {
    let query = FunnelQuery::from(parameters.0);
    let query = FunnelQuery { owner: resolved(&caller, query.owner)?, ..query };
    caller
        .cached_response((CacheKind::Stats, "getFunnel"), &query, async |scope| scope.stats().funnel(&query).await)
        .await
}

/// Read statistics of a pipeline
///
/// The open deals of a pipeline by stage and owner: how many there are, what they are worth in each currency and in the base
/// currency, and weighted by their probabilities. The slippage says which expected days are over, and how often and how far
/// expected days were moved back in a period.
#[utoipa::path(
    tag = "stats",
    params(PipelineParameters),
    responses((status = 200, description = "The statistics", body = PipelineStats), GetErrors),
)]
#[get("/stats/pipeline")]
pub(super) async fn get_pipeline_stats(caller: Caller, parameters: Query<PipelineParameters>) -> ApiResult {
    let query = PipelineStatsQuery::from(parameters.0);
    let query = PipelineStatsQuery { owner: resolved(&caller, query.owner)?, ..query };
    caller
        .cached_response((CacheKind::Stats, "getPipelineStats"), &query, async |scope| {
            scope.stats().pipeline(&query).await
        })
        .await
}

/// Read the forecast
///
/// By month and user, or team: the deals won, those that are committed as well, all open deals that are expected in the month, these
/// weighted by their probabilities, and the quotas.
#[utoipa::path(
    tag = "stats",
    params(ForecastParameters),
    responses((status = 200, description = "The forecast", body = Forecast), ReadErrors),
)]
#[get("/stats/forecast")]
pub(super) async fn get_forecast(caller: Caller, parameters: Query<ForecastParameters>) -> ApiResult {
    let query = ForecastQuery::from(parameters.0);
    let query = ForecastQuery { owner: resolved(&caller, query.owner)?, ..query };
    caller
        .cached_response((CacheKind::Stats, "getForecast"), &query, async |scope| scope.stats().forecast(&query).await)
        .await
}

/// Read the leaderboard
///
/// By user: the deals won in a period and what they are worth, the deals lost, the win rate, and the interactions and tasks
/// completed.
#[utoipa::path(
    tag = "stats",
    params(LeaderboardParameters),
    responses((status = 200, description = "The leaderboard", body = Leaderboard), ReadErrors),
)]
#[get("/stats/leaderboard")]
pub(super) async fn get_leaderboard(caller: Caller, parameters: Query<LeaderboardParameters>) -> ApiResult {
    let query = LeaderboardQuery::from(parameters.0);
    caller
        .cached_response((CacheKind::Stats, "getLeaderboard"), &query, async |scope| {
            scope.stats().leaderboard(&query).await
        })
        .await
}

/// Read statistics of tasks
///
/// By assignee: the tasks due in a period, those overdue now, those completed in the period, and how many of these in time.
#[utoipa::path(
    tag = "stats",
    params(TaskParameters),
    responses((status = 200, description = "The statistics", body = TaskStats), ReadErrors),
)]
#[get("/stats/tasks")]
pub(super) async fn get_task_stats(caller: Caller, parameters: Query<TaskParameters>) -> ApiResult {
    let query = TaskStatsQuery::from(parameters.0);
    let query = TaskStatsQuery { assignee: resolved(&caller, query.assignee)?, ..query };
    caller
        .cached_response((CacheKind::Stats, "getTaskStats"), &query, async |scope| scope.stats().tasks(&query).await)
        .await
}
