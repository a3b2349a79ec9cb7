//! The possible duplicates of one customer.

use actix_web::post;
use crm_core::customers::{DuplicateCandidates, NewCustomer};
use crm_core::ids::CustomerId;

use super::parameters::CandidateParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::problem::responses::{CreateErrors, GetErrors};
use crm_web::request::{Caller, Id, JsonBody, Query};

/// Look for duplicates of a customer that is not saved
///
/// The customers that may be the same as the one in the body, the likeliest first, with the reasons. The body is that of
/// adding a customer, and need not be complete. Nothing is written. Candidates that you may not see are counted in
/// `hiddenCount`, and not named.
#[utoipa::path(
    tag = "duplicates",
    params(CandidateParameters),
    request_body(content = NewCustomer, description = "The customer, as far as it is known"),
    responses((status = 200, description = "The candidates", body = DuplicateCandidates), CreateErrors),
)]
#[post("/customers/duplicates/check")]
pub(super) async fn check_duplicates(
    caller: Caller,
    query: Query<CandidateParameters>,
    body: JsonBody<NewCustomer>,
) -> ApiResult {
    let least = query.0.least()?;
    Ok(ApiResponse::ok(&caller.scope().customers().check_duplicates(body.value, least).await?)?)
}

/// Look for duplicates of a customer
///
/// The customers that may be the same as this one as they are now, the likeliest first, with the reasons: `left` is this
/// customer's value, `right` the candidate's. Candidates that you may not see are counted in `hiddenCount`, and not named.
#[utoipa::path(
    tag = "duplicates",
    params(CandidateParameters),
    responses((status = 200, description = "The candidates", body = DuplicateCandidates), GetErrors),
)]
#[post("/customers/{customerId}/duplicates")]
pub(super) async fn find_customer_duplicates(
    caller: Caller,
    id: Id<CustomerId>,
    query: Query<CandidateParameters>,
) -> ApiResult {
    let least = query.0.least()?;
    Ok(ApiResponse::ok(&caller.scope().customers().duplicates(*id, least).await?)?)
}
