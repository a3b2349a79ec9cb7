//! Reading and writing deals.

use actix_web::{delete, get, patch, post, put};
use crm_core::CompanyScope;
use crm_core::deals::{Deal, DealPatch};
use crm_core::ids::{CustomerId, DealId};

use super::parameters::{Filters, ListParameters};
use super::{DealList, DealReplacement, NewDealOfCustomer};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, ChildBody, Flattened, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List deals
///
/// The deals with all customers that you may see, latest first. `customerId` lists those of a customer,
/// `ownerId=me&status=open&sort=expectedCloseDate` your open deals by the day on which they are expected to be closed.
#[utoipa::path(
    tag = "deals",
    params(Filters, ListParameters, PageParameters),
    responses((status = 200, description = "A page of deals", body = DealList), ReadErrors),
)]
#[get("/deals")]
pub(super) async fn list_deals(caller: Caller, listing: ListParams<Flattened<Filters, ListParameters>>) -> ApiResult {
    let Flattened { shared: filters, own } = listing.query;
    let page = caller.scope().deals().list(&own.query(filters)?, &listing.page).await?;
    Ok(ApiResponse::ok(&DealList::from(page))?)
}

/// Add a deal
///
/// Without a `stageId` the deal begins in the first open stage of `pipelineId`, or else of the default pipeline; it is
/// put on top of its stage. Without an `ownerId` you are the owner. The `probability` is that of the stage unless you
/// give one. A customer that does not exist, or that you may not see, is a 422 (`customer_unknown`). Sales reps add
/// deals of their own, and without an owner.
#[utoipa::path(
    tag = "deals",
    params(IdempotencyKeyParameter),
    request_body(content = NewDealOfCustomer, description = "The deal, and the customer"),
    responses((status = 201, description = "The deal was added", body = Deal), CreateErrors),
)]
#[post("/deals")]
pub(super) async fn create_deal(caller: Caller, key: IdempotencyKeyHeader, body: NewDealOfCustomer) -> ApiResult {
    let ChildBody { parent, value, fingerprint } = body;
    let customer: CustomerId = parent;
    let create = async |scope: &mut CompanyScope<'_>| {
        let deal = scope.deals().create(customer, value.clone()).await?;
        ApiResponse::created(deal.id, &deal)
    };
    key.once(&caller, "createDeal", &fingerprint, create).await
}

/// Read a deal
///
/// A deal with any customer that you may see. A deal in the trash is not found.
#[utoipa::path(
    tag = "deals",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The deal", body = Deal), NotModified, GetErrors),
)]
#[get("/deals/{dealId}")]
pub(super) async fn get_deal(caller: Caller, id: Id<DealId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().deals().get(*id).await?)?)
}

/// Replace a deal
///
/// Replaces every writable field, so every one must be present, with `null` for no value. The customer and the stage
/// stay the same: `PATCH /api/deals/{dealId}/stage` moves the deal. For its owner, managers and administrators.
#[utoipa::path(
    tag = "deals",
    params(IfMatchParameter),
    request_body(content = DealReplacement, description = "All writable fields"),
    responses((status = 200, description = "The deal as it is now", body = Deal), WriteErrors),
)]
#[put("/deals/{dealId}")]
pub(super) async fn replace_deal(caller: Caller, id: Id<DealId>, seen: IfMatch, body: DealReplacement) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().deals().replace(*id, body.record, seen.0).await?)?)
}

/// Change a deal
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. A lost deal keeps a reason, and no
/// other one has one. The stage is changed by `PATCH /api/deals/{dealId}/stage`. For its owner, managers and
/// administrators.
#[utoipa::path(
    tag = "deals",
    params(IfMatchParameter),
    request_body(content = DealPatch, description = "The fields to change"),
    responses((status = 200, description = "The deal as it is now", body = Deal), WriteErrors),
)]
#[patch("/deals/{dealId}")]
pub(super) async fn update_deal(caller: Caller, id: Id<DealId>, seen: IfMatch, body: JsonBody<DealPatch>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().deals().update(*id, body.value, seen.0).await?)?)
}

/// Delete a deal
///
/// Moves the deal to the trash, from which it can be restored. For managers and administrators.
#[utoipa::path(
    tag = "deals",
    params(IfMatchParameter),
    responses((status = 204, description = "The deal is in the trash"), ActionErrors),
)]
#[delete("/deals/{dealId}")]
pub(super) async fn delete_deal(caller: Caller, id: Id<DealId>, seen: IfMatch) -> ApiResult {
    caller.scope().deals().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore a deal
///
/// Restores a deal from the trash, to its place on the board. For managers and administrators.
#[utoipa::path(
    tag = "deals",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The deal is restored", body = Deal), ActionErrors),
)]
#[post("/deals/{dealId}/restore")]
pub(super) async fn restore_deal(caller: Caller, id: Id<DealId>, key: IdempotencyKeyHeader) -> ApiResult {
    let restore = async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.deals().restore(*id).await?);
    key.once(&caller, "restoreDeal", "", restore).await
}
