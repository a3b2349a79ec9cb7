//! Listing and setting quotas.

use actix_web::{get, put};
use crm_core::quotas::{NewQuotas, SetQuotas};

use super::QuotaList;
use super::parameters::QuotaParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{CreateErrors, ReadErrors};
use crm_web::request::{Caller, JsonBody, ListParams};

/// List quotas
///
/// What users and teams are to sell in a month, the latest month first.
#[utoipa::path(
    tag = "quotas",
    params(QuotaParameters, PageParameters),
    responses((status = 200, description = "A page of quotas", body = QuotaList), ReadErrors),
)]
#[get("/quotas")]
pub(super) async fn list_quotas(caller: Caller, listing: ListParams<QuotaParameters>) -> ApiResult {
    let page = caller.scope().quotas().list(&listing.query.query(), &listing.page).await?;
    Ok(ApiResponse::ok(&QuotaList::from(page))?)
}

/// Set quotas
///
/// Sets up to 200 quotas, each of a user or a team and a month; others stay. An amount is in the smallest unit of its currency;
/// `null` removes the quota. The answer has the quotas that were named, as they are now. Managers and administrators only.
#[utoipa::path(
    tag = "quotas",
    request_body(content = NewQuotas, description = "The quotas"),
    responses((status = 200, description = "The quotas that were named", body = SetQuotas), CreateErrors),
)]
#[put("/quotas")]
pub(super) async fn set_quotas(caller: Caller, body: JsonBody<NewQuotas>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().quotas().set(body.value).await?)?)
}
