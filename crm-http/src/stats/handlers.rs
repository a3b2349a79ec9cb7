//! Reading statistics.

use actix_web::get;
use crm_core::CompanyScope;
use crm_core::ids::CustomerId;
use crm_core::stats::{CustomerActivity, Dashboard, DashboardQuery, OverallStats, Performance, PerformanceQuery};

use super::parameters::{ActivityParameters, DashboardParameters, PerformanceParameters};
use crate::answer::{ApiResponse, ApiResult};
use crate::auth::Caller;
use crate::cache::{self, CacheKind};
use crate::problem::responses::{GetErrors, ReadErrors};
use crate::request::{Id, NoParameters, Query};

/// Read overall statistics
///
/// How many customers there are, by status, kind and owner, how many are new, and how long ago there was contact with them;
/// how many shared notes, interactions and tags. What is in the trash does not count, what is archived does. Private notes count
/// for nobody.
#[utoipa::path(
    tag = "stats",
    responses((status = 200, description = "The statistics", body = OverallStats), ReadErrors),
)]
#[get("/stats")]
pub(super) async fn get_stats(caller: Caller, _none: Query<NoParameters>) -> ApiResult {
    cache::cached_response(&caller, (CacheKind::Stats, "getStats"), &(), async |scope| scope.stats().overall().await)
        .await
}

/// Read the dashboard
///
/// How many customers were added, and how many interactions were planned and completed, interval by interval and compared with
/// the period before, which is as long. Beside that, whatever the period: what is overdue or due within seven days, the tags that
/// most customers have, and what happened last. Planned is an interaction in the interval of its `scheduledAt`, completed in that
/// of its `completedAt`.
#[utoipa::path(
    tag = "stats",
    params(DashboardParameters),
    responses((status = 200, description = "The dashboard", body = Dashboard), ReadErrors),
)]
#[get("/stats/dashboard")]
pub(super) async fn get_dashboard(caller: Caller, parameters: Query<DashboardParameters>) -> ApiResult {
    let query = DashboardQuery::from(parameters.0);
    cache::cached_response(&caller, (CacheKind::Stats, "getDashboard"), &query, async |scope| {
        scope.stats().dashboard(&query).await
    })
    .await
}

/// Read the performance
///
/// By user or by month: interactions by type and status, how many of those that were scheduled for the period were completed,
/// cancelled or not kept, how long they took, how long they were waited for, how many customers are owned, and how many of them
/// were contacted for the first time.
#[utoipa::path(
    tag = "stats",
    params(PerformanceParameters),
    responses((status = 200, description = "The performance", body = Performance), ReadErrors),
)]
#[get("/stats/performance")]
pub(super) async fn get_performance(caller: Caller, parameters: Query<PerformanceParameters>) -> ApiResult {
    let query = PerformanceQuery::from(parameters.0);
    let compute = async |scope: &mut CompanyScope<'static>| scope.stats().performance(&query).await;
    cache::cached_response(&caller, (CacheKind::Stats, "getPerformance"), &query, compute).await
}

/// Read a customer's activity
///
/// How many interactions there are with the customer, by type and status, when there was contact first and last and is to be
/// next, and how many were completed in each of the last twelve weeks.
#[utoipa::path(
    tag = "stats",
    params(ActivityParameters),
    responses((status = 200, description = "The customer's activity", body = CustomerActivity), GetErrors),
)]
#[get("/stats/customers/{customerId}/activity")]
pub(super) async fn get_customer_activity(
    caller: Caller,
    customer: Id<CustomerId>,
    parameters: Query<ActivityParameters>,
) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().stats().activity(*customer, parameters.0.time_zone.as_deref()).await?)?)
}
