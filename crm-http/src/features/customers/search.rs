//! Searching customers.

use actix_web::{get, post};

use super::FoundCustomerList;
use super::parameters::{Filters, SearchBody, SearchParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::PageParameters;
use crm_web::problem::ApiError;
use crm_web::problem::responses::{QueryErrors, ReadErrors};
use crm_web::request::Caller;
use crm_web::request::{Flattened, JsonBody, ListParams};

/// Search customers
///
/// Finds customers by words in their name, e-mail address, organization, address, external ids or tags, and by
/// telephone number in any notation. All words must be found, at the start or in the middle of a word; case and accents
/// are ignored. The best matches come first. `matches` lists the fields in which the words were found.
#[utoipa::path(
    tag = "customers",
    params(SearchParameters, Filters, PageParameters),
    responses((status = 200, description = "A page of search results", body = FoundCustomerList), ReadErrors),
)]
#[get("/customers/search")]
pub(super) async fn search_customers(
    caller: Caller,
    listing: ListParams<Flattened<Filters, SearchParameters>>,
) -> ApiResult {
    let Flattened { shared: filters, own } = listing.query;
    let search = own.search(filters)?;
    let page = caller.scope().customers().search(&search, &listing.page).await?;
    Ok(ApiResponse::ok(&FoundCustomerList::from(page))?)
}

/// Search customers with a request body
///
/// The same search with all parameters in the body. Use it for long filters, and to keep personal data out of access
/// logs.
#[utoipa::path(
    tag = "customers",
    request_body(content = SearchBody, description = "What to search for"),
    responses((status = 200, description = "A page of search results", body = FoundCustomerList), QueryErrors),
)]
#[post("/customers/search")]
pub(super) async fn search_customers_by_body(caller: Caller, body: JsonBody<SearchBody>) -> ApiResult {
    let (search, request) = body.value.search().map_err(ApiError::in_body)?;
    let found = caller.scope().customers().search(&search, &request).await;
    let page = found.map_err(|error| ApiError::from(error).in_body())?;
    Ok(ApiResponse::ok(&FoundCustomerList::from(page))?)
}
