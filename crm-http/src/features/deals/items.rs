//! The items of a deal.

use actix_web::{get, put};
use crm_core::deals::DealItems;
use crm_core::ids::DealId;

use super::DealItemsReplacement;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::problem::responses::{GetErrors, WriteErrors};
use crm_web::request::{Caller, Id, IfMatch};

/// List the items of a deal
///
/// All lines of the deal in their order, at most 200, with the sum of their nets. They are in the deal itself as well, and
/// have its version.
#[utoipa::path(
    tag = "deals",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The items", body = DealItems), NotModified, GetErrors),
)]
#[get("/deals/{dealId}/items")]
pub(super) async fn list_deal_items(caller: Caller, id: Id<DealId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().deals().items(*id).await?)?)
}

/// Replace the items of a deal
///
/// Replaces all lines, in their order. `net` is computed for each: the quantity times the unit price less the discount,
/// rounded half-even once. All unit prices are in one currency, that of the amount if the deal has one. With
/// `amountFromItems` the amount of the deal is the sum of the nets. It is a write of the deal, whose version is that of
/// the items. For its owner, managers and administrators.
#[utoipa::path(
    tag = "deals",
    params(IfMatchParameter),
    request_body(content = DealItemsReplacement, description = "All items"),
    responses((status = 200, description = "The items as they are now", body = DealItems), WriteErrors),
)]
#[put("/deals/{dealId}/items")]
pub(super) async fn replace_deal_items(
    caller: Caller,
    id: Id<DealId>,
    seen: IfMatch,
    body: DealItemsReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().deals().replace_items(*id, body.record, seen.0).await?)?)
}
