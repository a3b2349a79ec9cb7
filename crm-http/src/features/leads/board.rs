//! The board of leads.

use actix_web::get;
use crm_core::leads::LeadBoard;

use super::parameters::BoardParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::{Caller, Query};

/// Read the board of leads
///
/// The statuses in their order, each with its 20 latest leads and the number of all that have it, up to 1,000; beyond that
/// `isCapped` is true. Archived and converted leads are left out. Filters narrow all of these. More leads of a status are in
/// `GET /api/leads?status=`; `PATCH /api/leads/{leadId}` gives a lead another one. The usual statuses are made at the first
/// look of a company that has none.
#[utoipa::path(
    tag = "leads",
    params(BoardParameters),
    responses((status = 200, description = "The board", body = LeadBoard), ReadErrors),
)]
#[get("/leads/board")]
pub(super) async fn get_lead_board(caller: Caller, query: Query<BoardParameters>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().leads().board(&query.0.query()?).await?)?)
}
