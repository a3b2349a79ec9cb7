//! The board of deals, what deals are worth, moves, and the stages that a deal has passed.

use actix_web::{get, patch};
use crm_core::deals::{Deal, DealBoard, DealMove, DealTotals};
use crm_core::ids::DealId;

use super::DealStageEntryList;
use super::parameters::{BoardParameters, Filters, TotalsParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IfMatchParameter;
use crm_web::page::PageParameters;
use crm_web::problem::responses::{GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Flattened, Id, IfMatch, JsonBody, ListParams, NoParameters, Query};

/// Read the board of deals
///
/// The stages of a pipeline in their order, each with its first 20 deals in the order of the board, the number of all
/// its deals, and what they are worth in each currency, also weighted by their probabilities: amounts of different
/// currencies are never added. `baseAmount` and `weightedBaseAmount` are their sums in the base currency of your company;
/// `withoutRate` counts the deals that are not in them, because their currency has no rate. Filters narrow all of these.
/// More deals of a stage are in `GET /api/deals?stageId=`. Without a `pipelineId` it is the default
/// pipeline, which is made at the first look of a company that has none.
#[utoipa::path(
    tag = "deals",
    params(BoardParameters, Filters),
    responses((status = 200, description = "The board", body = DealBoard), GetErrors),
)]
#[get("/deals/board")]
pub(super) async fn get_deal_board(caller: Caller, query: Query<Flattened<Filters, BoardParameters>>) -> ApiResult {
    let Flattened { shared: filters, own } = query.0;
    Ok(ApiResponse::ok(&caller.scope().deals().board(own.pipeline_id, &filters.query()?).await?)?)
}

/// Add up deals
///
/// How many deals a list has, and what they are worth in each currency and in the base currency of your company, also
/// weighted by their probabilities: open deals by the current rates, closed ones by those of their end. The filters are
/// those of the list.
#[utoipa::path(
    tag = "deals",
    params(TotalsParameters, Filters),
    responses((status = 200, description = "The number and the sums", body = DealTotals), ReadErrors),
)]
#[get("/deals/totals")]
pub(super) async fn get_deal_totals(caller: Caller, query: Query<Flattened<Filters, TotalsParameters>>) -> ApiResult {
    let Flattened { shared: filters, own } = query.0;
    Ok(ApiResponse::ok(&caller.scope().deals().totals(&own.query(filters)?).await?)?)
}

/// Move a deal
///
/// Moves the deal to another `stage`, by its id or its code, or to another place in its stage: right after `afterId`,
/// or right before `beforeId`. The place is computed between the neighbours as they are then, so that moves at the same
/// time end in one order. A deal that enters a lost stage needs a `lostReason`; one that enters a won or a lost stage
/// is closed, and one that goes back to an open stage is open again, without a reason of a loss. Winning and losing are
/// the events `crm.deal.won` and `crm.deal.lost`. With a `pipelineId` it moves to another pipeline. For its owner,
/// managers and administrators.
#[utoipa::path(
    tag = "deals",
    params(IfMatchParameter),
    request_body(content = DealMove, description = "The stage and the place"),
    responses((status = 200, description = "The deal as it is now", body = Deal), WriteErrors),
)]
#[patch("/deals/{dealId}/stage")]
pub(super) async fn move_deal(caller: Caller, id: Id<DealId>, seen: IfMatch, body: JsonBody<DealMove>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().deals().move_to(*id, body.value, seen.0).await?)?)
}

/// List the stages of a deal
///
/// The stages that the deal has passed, the last one first: when it entered and left each, how many seconds it was
/// there, what it was worth when it entered, and who moved it.
#[utoipa::path(
    tag = "deals",
    params(PageParameters),
    responses((status = 200, description = "A page of stages", body = DealStageEntryList), GetErrors),
)]
#[get("/deals/{dealId}/stages")]
pub(super) async fn list_deal_stages(caller: Caller, id: Id<DealId>, listing: ListParams<NoParameters>) -> ApiResult {
    let page = caller.scope().deals().stages(*id, &listing.page).await?;
    Ok(ApiResponse::ok(&DealStageEntryList::from(page))?)
}
