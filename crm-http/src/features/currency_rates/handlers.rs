//! Reading and setting currency rates.

use actix_web::{get, put};
use crm_core::currency_rates::{CurrentRates, NewCurrencyRates};

use super::CurrencyRateList;
use super::parameters::HistoryParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{CreateErrors, ReadErrors};
use crm_web::request::{Caller, JsonBody, ListParams};

/// Read the current currency rates
///
/// What one unit of each currency is worth in your company's base currency, which is the setting `baseCurrency`. By these
/// rates open deals are worth something in the base currency.
#[utoipa::path(
    tag = "currency-rates",
    responses((status = 200, description = "The current rates", body = CurrentRates), ReadErrors),
)]
#[get("/currency-rates")]
pub(super) async fn get_currency_rates(caller: Caller) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().currency_rates().current().await?)?)
}

/// Set currency rates
///
/// Sets the rates of a day, today if no `date` is given; rates of other currencies and days stay. A rate says what one
/// unit of the currency is worth in the base currency, as a decimal number in a text; `null` removes the rate of that
/// day. The latest rate of a currency is the current one. Deals that are closed keep the rate of their end. The answer
/// has the current rates. Administrators only.
#[utoipa::path(
    tag = "currency-rates",
    request_body(content = NewCurrencyRates, description = "The rates of a day"),
    responses((status = 200, description = "The current rates", body = CurrentRates), CreateErrors),
)]
#[put("/currency-rates")]
pub(super) async fn set_currency_rates(caller: Caller, body: JsonBody<NewCurrencyRates>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().currency_rates().set(body.value).await?)?)
}

/// List past currency rates
///
/// The rates in your company's base currency by day, the latest day first.
#[utoipa::path(
    tag = "currency-rates",
    params(HistoryParameters, PageParameters),
    responses((status = 200, description = "A page of rates", body = CurrencyRateList), ReadErrors),
)]
#[get("/currency-rates/history")]
pub(super) async fn list_currency_rate_history(caller: Caller, listing: ListParams<HistoryParameters>) -> ApiResult {
    let page = caller.scope().currency_rates().history(&listing.query.query(), &listing.page).await?;
    Ok(ApiResponse::ok(&CurrencyRateList::from(page))?)
}
