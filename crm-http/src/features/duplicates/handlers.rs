//! Pairs that a scan has found.

use actix_web::{get, post};
use crm_core::customers::DuplicatePair;
use crm_core::ids::DuplicateId;
use crm_core::jobs::Job;

use super::DuplicatePairList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, ListParams};

/// List possible duplicates
///
/// Pairs of customers that the last scan has found, the likeliest first. Pairs that a user has dismissed are listed with
/// `status=dismissed`. Pairs with a customer in the trash, or that you may not see, are left out. The score is that of the
/// scan; the customers and the reasons are as they are now.
#[utoipa::path(
    tag = "duplicates",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of pairs", body = DuplicatePairList), ReadErrors),
)]
#[get("/duplicates")]
pub(super) async fn list_duplicates(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().duplicates().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&DuplicatePairList::from(page))?)
}

/// Scan for duplicates
///
/// Starts a job that compares the customers of your company, and keeps the pairs whose score reaches `duplicateThreshold`
/// of the settings. Its progress is that of the job. If a scan is waiting or running, that job is returned. Managers and
/// administrators only.
#[utoipa::path(
    tag = "duplicates",
    params(IdempotencyKeyParameter),
    responses((status = 202, description = "The job that scans", body = Job), ActionErrors),
)]
#[post("/duplicates/scan")]
pub(super) async fn scan_duplicates(caller: Caller, key: IdempotencyKeyHeader) -> ApiResult {
    let scan = async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::accepted(&scope.duplicates().scan().await?);
    key.once(&caller, "scanDuplicates", "", scan).await
}

/// Read a possible duplicate
///
/// Two customers side by side, with the reasons for and against a match.
#[utoipa::path(
    tag = "duplicates",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The pair", body = DuplicatePair), NotModified, GetErrors),
)]
#[get("/duplicates/{duplicateId}")]
pub(super) async fn get_duplicate(caller: Caller, id: Id<DuplicateId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().duplicates().get(*id).await?)?)
}

/// Dismiss a possible duplicate
///
/// Notes that the two are different customers. Scans leave the pair dismissed until something changes that is compared: a
/// name, an e-mail address, a telephone number, the employer, an address, a birth date, a tax number or a website. Managers
/// and administrators only.
#[utoipa::path(
    tag = "duplicates",
    params(IfMatchParameter),
    responses((status = 200, description = "The pair as it is now", body = DuplicatePair), WriteErrors),
)]
#[post("/duplicates/{duplicateId}/dismiss")]
pub(super) async fn dismiss_duplicate(caller: Caller, id: Id<DuplicateId>, seen: IfMatch) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().duplicates().dismiss(*id, seen.0).await?)?)
}

/// Reopen a possible duplicate
///
/// Takes back that the two are different customers. Managers and administrators only.
#[utoipa::path(
    tag = "duplicates",
    params(IfMatchParameter),
    responses((status = 200, description = "The pair as it is now", body = DuplicatePair), WriteErrors),
)]
#[post("/duplicates/{duplicateId}/reopen")]
pub(super) async fn reopen_duplicate(caller: Caller, id: Id<DuplicateId>, seen: IfMatch) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().duplicates().reopen(*id, seen.0).await?)?)
}
