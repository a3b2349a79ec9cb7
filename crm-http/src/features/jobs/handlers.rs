//! Reading, starting, cancelling and retrying jobs.

use actix_web::{get, post};
use crm_core::ids::JobId;
use crm_core::jobs::{Job, JobQuery};

use super::JobList;
use super::parameters::{JobStart, ListParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody, ListParams};

/// List jobs
///
/// The jobs that you started or caused, newest first; for administrators all jobs of your company. Jobs that are done or
/// were cancelled are deleted after 7 days, failed ones after 90.
#[utoipa::path(
    tag = "jobs",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of jobs", body = JobList), ReadErrors),
)]
#[get("/jobs")]
pub(super) async fn list_jobs(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let query = JobQuery::from(listing.query);
    Ok(ApiResponse::ok(&JobList::from(caller.scope().jobs().list(&query, &listing.page).await?))?)
}

/// Start a job
///
/// Starts a job of a kind that administrators may start. If a job of this kind that was started here is waiting or
/// running, that job is returned. Administrators only.
#[utoipa::path(
    tag = "jobs",
    params(IdempotencyKeyParameter),
    request_body(content = JobStart, description = "The kind"),
    responses((status = 201, description = "The job", body = Job), CreateErrors),
)]
#[post("/jobs")]
pub(super) async fn start_job(caller: Caller, key: IdempotencyKeyHeader, body: JsonBody<JobStart>) -> ApiResult {
    let JsonBody { value: JobStart { kind }, fingerprint } = body;
    let start = async |scope: &mut crm_core::CompanyScope<'_>| {
        let job = scope.jobs().request(&kind).await?;
        ApiResponse::created(job.id, &job)
    };
    key.once(&caller, "startJob", &fingerprint, start).await
}

/// Read a job
///
/// The state of a job, its progress and its result. The jobs of other users are found by administrators only.
#[utoipa::path(
    tag = "jobs",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The job", body = Job), NotModified, GetErrors),
)]
#[get("/jobs/{jobId}")]
pub(super) async fn get_job(caller: Caller, id: Id<JobId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().jobs().get(*id).await?)?)
}

/// Cancel a job
///
/// A waiting job is cancelled at once. A running job is asked to stop (`cancelRequested`), and is cancelled within
/// seconds unless it is done before. Cancelling a job again changes nothing.
#[utoipa::path(
    tag = "jobs",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The job as it is now", body = Job), ActionErrors),
)]
#[post("/jobs/{jobId}/cancel")]
pub(super) async fn cancel_job(caller: Caller, id: Id<JobId>, key: IdempotencyKeyHeader) -> ApiResult {
    let cancel = async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::tagged(&scope.jobs().cancel(*id).await?);
    key.once(&caller, "cancelJob", "", cancel).await
}

/// Retry a job
///
/// Runs a job again that failed or was cancelled, with all its attempts.
#[utoipa::path(
    tag = "jobs",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The job waits again", body = Job), ActionErrors),
)]
#[post("/jobs/{jobId}/retry")]
pub(super) async fn retry_job(caller: Caller, id: Id<JobId>, key: IdempotencyKeyHeader) -> ApiResult {
    let retry = async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::tagged(&scope.jobs().retry(*id).await?);
    key.once(&caller, "retryJob", "", retry).await
}
