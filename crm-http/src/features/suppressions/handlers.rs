//! Reading and writing the do-not-contact list.

use actix_web::{delete, get, post};
use crm_core::CompanyScope;
use crm_core::ids::SuppressionId;
use crm_core::suppressions::{ImportedSuppressions, NewSuppression, NewSuppressions, Suppression};

use super::SuppressionList;
use super::parameters::{ListParameters, RemovalParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams, Query};

/// List the do-not-contact list
///
/// The addresses, numbers and domains that are not contacted, the latest first. Managers and administrators only.
#[utoipa::path(
    tag = "suppressions",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of the list", body = SuppressionList), ReadErrors),
)]
#[get("/suppressions")]
pub(super) async fn list_suppressions(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().suppressions().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&SuppressionList::from(page))?)
}

/// Add to the do-not-contact list
///
/// An e-mail address, a domain, which stands for all addresses at it and below it, or a telephone number. It is normalised as
/// those of customers are. It holds for every customer and lead who has it, whatever they have agreed to. For everybody who may
/// write.
#[utoipa::path(
    tag = "suppressions",
    params(IdempotencyKeyParameter),
    request_body(content = NewSuppression, description = "What is not to be contacted"),
    responses((status = 201, description = "The entry was added", body = Suppression), CreateErrors),
)]
#[post("/suppressions")]
pub(super) async fn create_suppression(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewSuppression>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let entry = scope.suppressions().create(value.clone()).await?;
        ApiResponse::created(entry.id, &entry)
    };
    key.once(&caller, "createSuppression", &fingerprint, create).await
}

/// Add many to the do-not-contact list
///
/// Adds up to 1,000 addresses, numbers and domains at once, but for those that the list has already. If one of them is faulty,
/// nothing is added, and all faults are told. Managers and administrators only.
#[utoipa::path(
    tag = "suppressions",
    params(IdempotencyKeyParameter),
    request_body(content = NewSuppressions, description = "What is not to be contacted"),
    responses((status = 200, description = "How many were added", body = ImportedSuppressions), CreateErrors),
)]
#[post("/suppressions/import")]
pub(super) async fn import_suppressions(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewSuppressions>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let import =
        async |scope: &mut CompanyScope<'_>| ApiResponse::ok(&scope.suppressions().import(value.clone()).await?);
    key.once(&caller, "importSuppressions", &fingerprint, import).await
}

/// Read an entry of the do-not-contact list
///
/// One address, number or domain. Managers and administrators only.
#[utoipa::path(
    tag = "suppressions",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The entry", body = Suppression), NotModified, GetErrors),
)]
#[get("/suppressions/{suppressionId}")]
pub(super) async fn get_suppression(caller: Caller, id: Id<SuppressionId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().suppressions().get(*id).await?)?)
}

/// Delete from the do-not-contact list
///
/// Deletes the entry permanently: what it was about may be contacted again, by those consents that hold. The `reason` is kept in
/// the audit trail, the address is not. Managers and administrators only.
#[utoipa::path(
    tag = "suppressions",
    params(RemovalParameters, IfMatchParameter),
    responses((status = 204, description = "The entry is deleted"), ActionErrors),
)]
#[delete("/suppressions/{suppressionId}")]
pub(super) async fn delete_suppression(
    caller: Caller,
    id: Id<SuppressionId>,
    parameters: Query<RemovalParameters>,
    seen: IfMatch,
) -> ApiResult {
    caller.scope().suppressions().delete(*id, parameters.0.reason, seen.0).await?;
    Ok(ApiResponse::no_content())
}
