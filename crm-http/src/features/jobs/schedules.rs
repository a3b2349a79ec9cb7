//! Reading schedules, switching them on and off, and running their jobs at once.

use actix_web::{get, patch, post};
use crm_core::ids::JobScheduleId;
use crm_core::jobs::{Job, JobSchedule, JobSchedulePatch};

use super::JobScheduleList;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::problem::responses::{ActionErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody};

/// List schedules
///
/// The schedules by which jobs of your company are started: all of them, by name. Programs add them. Administrators only.
#[utoipa::path(
    tag = "jobs",
    responses((status = 200, description = "The schedules", body = JobScheduleList), ReadErrors),
)]
#[get("/job-schedules")]
pub(super) async fn list_job_schedules(caller: Caller) -> ApiResult {
    Ok(ApiResponse::ok(&JobScheduleList { data: caller.scope().jobs().schedules().await? })?)
}

/// Read a schedule
///
/// When its next job is started, and whether it is switched on. Administrators only.
#[utoipa::path(
    tag = "jobs",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The schedule", body = JobSchedule), NotModified, GetErrors),
)]
#[get("/job-schedules/{jobScheduleId}")]
pub(super) async fn get_job_schedule(caller: Caller, id: Id<JobScheduleId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().jobs().get_schedule(*id).await?)?)
}

/// Switch a schedule on or off
///
/// A merge patch (RFC 7396): absent fields stay unchanged. A job that waits or runs stays. Times that pass while a
/// schedule is off are not made up for. Administrators only.
#[utoipa::path(
    tag = "jobs",
    params(IfMatchParameter),
    request_body(content = JobSchedulePatch, description = "The fields to change"),
    responses((status = 200, description = "The schedule as it is now", body = JobSchedule), WriteErrors),
)]
#[patch("/job-schedules/{jobScheduleId}")]
pub(super) async fn update_job_schedule(
    caller: Caller,
    id: Id<JobScheduleId>,
    seen: IfMatch,
    body: JsonBody<JobSchedulePatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().jobs().update_schedule(*id, body.value, seen.0).await?)?)
}

/// Run a schedule now
///
/// Starts a job of the schedule at once, also of one that is switched off; the next time stays. If a job of the schedule
/// is waiting or running, that job is returned. Administrators only.
#[utoipa::path(
    tag = "jobs",
    params(IdempotencyKeyParameter),
    responses((status = 202, description = "The job", body = Job), ActionErrors),
)]
#[post("/job-schedules/{jobScheduleId}/run")]
pub(super) async fn run_job_schedule(caller: Caller, id: Id<JobScheduleId>, key: IdempotencyKeyHeader) -> ApiResult {
    let run =
        async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::accepted(&scope.jobs().run_schedule(*id).await?);
    key.once(&caller, "runJobSchedule", "", run).await
}
