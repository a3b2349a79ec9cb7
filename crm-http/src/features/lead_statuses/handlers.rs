//! Reading and writing the statuses of leads.

use actix_web::{delete, get, patch, post};
use crm_core::CompanyScope;
use crm_core::ids::LeadStatusId;
use crm_core::lead_statuses::{LeadStatus, LeadStatusPatch, NewLeadStatus};

use super::parameters::ListParameters;
use super::{AddedLeadStatuses, LeadStatusList};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List the statuses of leads
///
/// The statuses of your company's leads by their place. A company that has used none yet has none: it gets the usual ones
/// with its first lead, or by `POST /api/lead-statuses/usual`.
#[utoipa::path(
    tag = "lead-statuses",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of statuses", body = LeadStatusList), ReadErrors),
)]
#[get("/lead-statuses")]
pub(super) async fn list_lead_statuses(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().lead_statuses().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&LeadStatusList::from(page))?)
}

/// Add a status of leads
///
/// The `type` says what the status means, and which others follow it: `open`, `ongoing`, `on_hold`, `won` or `lost`. Without
/// a `code` it is made of the name; neither it nor the type can be changed later. New leads begin in the default, the first
/// open status of your company, or the one with `isDefault`. With `requiresReason` a lead that gets a lost status needs a
/// `lostReason`. A company has at most 100. For managers and administrators.
#[utoipa::path(
    tag = "lead-statuses",
    params(IdempotencyKeyParameter),
    request_body(content = NewLeadStatus, description = "The status"),
    responses((status = 201, description = "The status was added", body = LeadStatus), CreateErrors),
)]
#[post("/lead-statuses")]
pub(super) async fn create_lead_status(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewLeadStatus>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let status = scope.lead_statuses().create(value.clone()).await?;
        ApiResponse::created(status.id, &status)
    };
    key.once(&caller, "createLeadStatus", &fingerprint, create).await
}

/// Add the usual statuses of leads
///
/// New, Contacted, In progress, Qualified and Unqualified, if your company has no status yet; otherwise nothing happens. For
/// managers and administrators.
#[utoipa::path(
    tag = "lead-statuses",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "How many were added", body = AddedLeadStatuses), ActionErrors),
)]
#[post("/lead-statuses/usual")]
pub(super) async fn add_usual_lead_statuses(caller: Caller, key: IdempotencyKeyHeader) -> ApiResult {
    let add = async |scope: &mut CompanyScope<'_>| {
        ApiResponse::ok(&AddedLeadStatuses { added: scope.lead_statuses().add_usual().await? })
    };
    key.once(&caller, "addUsualLeadStatuses", "", add).await
}

/// Read a status of leads
///
/// One status, archived or not.
#[utoipa::path(
    tag = "lead-statuses",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The status", body = LeadStatus), NotModified, GetErrors),
)]
#[get("/lead-statuses/{leadStatusId}")]
pub(super) async fn get_lead_status(caller: Caller, id: Id<LeadStatusId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_statuses().get(*id).await?)?)
}

/// Change a status of leads
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. Code and type stay the same. An archived
/// status takes no more leads, and keeps those that have it. For managers and administrators.
#[utoipa::path(
    tag = "lead-statuses",
    params(IfMatchParameter),
    request_body(content = LeadStatusPatch, description = "The fields to change"),
    responses((status = 200, description = "The status as it is now", body = LeadStatus), WriteErrors),
)]
#[patch("/lead-statuses/{leadStatusId}")]
pub(super) async fn update_lead_status(
    caller: Caller,
    id: Id<LeadStatusId>,
    seen: IfMatch,
    body: JsonBody<LeadStatusPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_statuses().update(*id, body.value, seen.0).await?)?)
}

/// Delete a status of leads
///
/// Deletes the status permanently. While leads have it, be they converted or in the trash, that is refused
/// (`lead_status_in_use`); so it is for the default while there are others (`default_lead_status`). For managers and
/// administrators.
#[utoipa::path(
    tag = "lead-statuses",
    params(IfMatchParameter),
    responses((status = 204, description = "The status is deleted"), ActionErrors),
)]
#[delete("/lead-statuses/{leadStatusId}")]
pub(super) async fn delete_lead_status(caller: Caller, id: Id<LeadStatusId>, seen: IfMatch) -> ApiResult {
    caller.scope().lead_statuses().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
