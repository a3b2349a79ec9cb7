//! Reading and writing leads.

use actix_web::{delete, get, patch, post, put};
use crm_core::CompanyScope;
use crm_core::ids::LeadId;
use crm_core::leads::{Lead, LeadPatch, NewLead};

use super::parameters::{HistoryParameters, ListParameters};
use super::{LeadList, LeadReplacement};
use crate::features::customers::Timeline;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List leads
///
/// The leads that you may see, latest first; without those that are archived or were converted. `ownerId=me&statusType=open`
/// lists yours that nobody has worked on yet, `search` finds words in any field.
#[utoipa::path(
    tag = "leads",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of leads", body = LeadList), ReadErrors),
)]
#[get("/leads")]
pub(super) async fn list_leads(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().leads().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&LeadList::from(page))?)
}

/// Add a lead
///
/// A lead needs a name, or a first or last name. Without a `status` it begins in the default one of your company. It may have
/// the e-mail address, the external references and the custom fields of a customer or another lead: nothing of a lead is
/// unique. Sales reps add leads of their own, and without an owner.
#[utoipa::path(
    tag = "leads",
    params(IdempotencyKeyParameter),
    request_body(content = NewLead, description = "The lead"),
    responses((status = 201, description = "The lead was added", body = Lead), CreateErrors),
)]
#[post("/leads")]
pub(super) async fn create_lead(caller: Caller, key: IdempotencyKeyHeader, body: JsonBody<NewLead>) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let lead = scope.leads().create(value.clone()).await?;
        ApiResponse::created(lead.id, &lead)
    };
    key.once(&caller, "createLead", &fingerprint, create).await
}

/// Read a lead
///
/// A lead, also one that was converted: `conversion` has what it became. A lead in the trash is not found.
#[utoipa::path(
    tag = "leads",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The lead", body = Lead), NotModified, GetErrors),
)]
#[get("/leads/{leadId}")]
pub(super) async fn get_lead(caller: Caller, id: Id<LeadId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().leads().get(*id).await?)?)
}

/// Replace a lead
///
/// Replaces every writable field, so every one must be present, with `null` for no value. With `status` `null` the lead keeps
/// its status. A converted lead is written no more (`lead_converted`). For its owner, managers and administrators.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter),
    request_body(content = LeadReplacement, description = "All writable fields"),
    responses((status = 200, description = "The lead as it is now", body = Lead), WriteErrors),
)]
#[put("/leads/{leadId}")]
pub(super) async fn replace_lead(caller: Caller, id: Id<LeadId>, seen: IfMatch, body: LeadReplacement) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().leads().replace(*id, body.record, seen.0).await?)?)
}

/// Change a lead
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; `customFields` and `metadata` are merged
/// member by member. A status of a type that does not follow the lead's is refused (`lead_status_move`). Some lost statuses
/// need a `lostReason`; it goes when the lead gets another status. A converted lead is written no more (`lead_converted`). For
/// its owner, managers and administrators.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter),
    request_body(content = LeadPatch, description = "The fields to change"),
    responses((status = 200, description = "The lead as it is now", body = Lead), WriteErrors),
)]
#[patch("/leads/{leadId}")]
pub(super) async fn update_lead(caller: Caller, id: Id<LeadId>, seen: IfMatch, body: JsonBody<LeadPatch>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().leads().update(*id, body.value, seen.0).await?)?)
}

/// Delete a lead
///
/// Moves the lead to the trash with what belongs to it, from which it can be restored. A converted lead stays
/// (`lead_converted`). Managers and administrators only.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter),
    responses((status = 204, description = "The lead is in the trash"), ActionErrors),
)]
#[delete("/leads/{leadId}")]
pub(super) async fn delete_lead(caller: Caller, id: Id<LeadId>, seen: IfMatch) -> ApiResult {
    caller.scope().leads().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore a lead
///
/// Restores a lead from the trash, with everything that was deleted along with it. Managers and administrators only.
#[utoipa::path(
    tag = "leads",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The lead is restored", body = Lead), ActionErrors),
)]
#[post("/leads/{leadId}/restore")]
pub(super) async fn restore_lead(caller: Caller, id: Id<LeadId>, key: IdempotencyKeyHeader) -> ApiResult {
    let restore = async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.leads().restore(*id).await?);
    key.once(&caller, "restoreLead", "", restore).await
}

/// Purge a lead
///
/// Removes a lead and its history permanently, whether or not it is in the trash. A converted lead is removed with the
/// customer (`lead_converted`). The audit trail records that the lead existed, but not who it was. Administrators only.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter, IdempotencyKeyParameter),
    responses((status = 204, description = "The lead is removed"), ActionErrors),
)]
#[post("/leads/{leadId}/purge")]
pub(super) async fn purge_lead(caller: Caller, id: Id<LeadId>, seen: IfMatch, key: IdempotencyKeyHeader) -> ApiResult {
    let purge = async |scope: &mut CompanyScope<'_>| {
        scope.leads().purge(*id, seen.0).await?;
        Ok(ApiResponse::no_content())
    };
    key.once(&caller, "purgeLead", "", purge).await
}

/// Read a lead's history
///
/// The timeline of a lead, newest first: changes with old and new values, notes, interactions and tasks. Private notes of
/// other users are neither listed nor counted. The history of a lead in the trash is available to managers and administrators
/// only. That of a converted lead is part of the customer's.
#[utoipa::path(
    tag = "leads",
    params(HistoryParameters, PageParameters),
    responses((status = 200, description = "A page of the timeline", body = Timeline), GetErrors),
)]
#[get("/leads/{leadId}/history")]
pub(super) async fn list_lead_history(
    caller: Caller,
    id: Id<LeadId>,
    listing: ListParams<HistoryParameters>,
) -> ApiResult {
    let page = caller.scope().leads().timeline(*id, &listing.query.query(), &listing.page).await?;
    Ok(ApiResponse::ok(&Timeline::from(page))?)
}
