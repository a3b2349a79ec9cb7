//! Reading statistics.

use actix_web::get;
use crm_core::CompanyScope;
use crm_core::ids::CustomerId;
use crm_core::stats::{CustomerActivity, Dashboard, DashboardQuery, OverallStats, Performance, PerformanceQuery};

use super::parameters::{ActivityParameters, DashboardParameters, PerformanceParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::cache::CacheKind;
use crm_web::problem::ApiError;
use crm_web::problem::responses::{GetErrors, ReadErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, NoParameters, Query};

/// Read overall statistics
///
/// The number of customers, by status, kind and owner, the number of new customers, the time since their last contact,
/// and the number of shared notes, interactions and tags. Archived customers are counted, records in the trash and
/// private notes are not.
#[utoipa::path(
    tag = "stats",
    responses((status = 200, description = "The statistics", body = OverallStats), ReadErrors),
)]
#[get("/stats")]
pub(super) async fn get_stats(caller: Caller, _none: Query<NoParameters>) -> ApiResult {
    caller.cached_response((CacheKind::Stats, "getStats"), &(), async |scope| scope.stats().overall().await).await
}

/// Read the dashboard
///
/// The number of customers added and of interactions planned and completed, per interval, compared with the previous
/// period of the same length. Independent of the period: overdue interactions, interactions of the next seven days, the
/// most used tags, and the latest changes. A planned interaction counts in the interval of its `scheduledAt`, a
/// completed one in the interval of its `completedAt`. `ownerId=me` is your own dashboard.
#[utoipa::path(
    tag = "stats",
    params(DashboardParameters),
    responses((status = 200, description = "The dashboard", body = Dashboard), ReadErrors),
)]
#[get("/stats/dashboard")]
pub(super) async fn get_dashboard(caller: Caller, parameters: Query<DashboardParameters>) -> ApiResult {
    let query = DashboardQuery::from(parameters.0);
    // Users share what is cached, so that it must not depend on who `me` is.
    let owner =
        query.owner.map(|owner| owner.resolved(caller.actor().user_id())).transpose().map_err(ApiError::from)?;
    let query = DashboardQuery { owner, ..query };
    caller
        .cached_response((CacheKind::Stats, "getDashboard"), &query, async |scope| {
            scope.stats().dashboard(&query).await
        })
        .await
}

/// Read the performance
///
/// By user or by month: interactions by type and status, how many of the interactions scheduled in the period were
/// completed, cancelled or missed, their duration, the time from scheduled to completed, the number of owned customers,
/// and how many of them were contacted for the first time.
#[utoipa::path(
    tag = "stats",
    params(PerformanceParameters),
    responses((status = 200, description = "The performance", body = Performance), ReadErrors),
)]
#[get("/stats/performance")]
pub(super) async fn get_performance(caller: Caller, parameters: Query<PerformanceParameters>) -> ApiResult {
    let query = PerformanceQuery::from(parameters.0);
    let compute = async |scope: &mut CompanyScope<'static>| scope.stats().performance(&query).await;
    caller.cached_response((CacheKind::Stats, "getPerformance"), &query, compute).await
}

/// Read a customer's activity
///
/// The number of interactions with the customer, by type and status, the first, the last and the next contact, and the
/// number of interactions completed in each of the last twelve weeks. With `includePeople` those of an organization's people
/// count as well.
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
    let ActivityParameters { time_zone, include_people } = parameters.0;
    let mut scope = caller.scope();
    let (stats, zone) = (scope.stats(), time_zone.as_deref());
    let activity = match include_people {
        Some(true) => stats.activity_with_people(*customer, zone).await?,
        _ => stats.activity(*customer, zone).await?,
    };
    Ok(ApiResponse::ok(&activity)?)
}
