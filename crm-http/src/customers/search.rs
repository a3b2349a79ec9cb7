//! Searching customers.

use actix_web::{get, post};

use super::FoundCustomerList;
use super::parameters::{Filters, SearchBody, SearchParameters};
use crate::answer::{ApiResponse, ApiResult};
use crate::auth::Caller;
use crate::page::PageParameters;
use crate::problem::ApiError;
use crate::problem::responses::{QueryErrors, ReadErrors};
use crate::request::{Flattened, JsonBody, ListParams};

/// Search customers
///
/// Finds customers by words in their name, e-mail address, organization, address, external ids or tags, and by their telephone
/// number however it is written. All words must be found, without case and accents, at the start or in the middle of a word.
/// The best matches come first; each tells where the words were found.
#[utoipa::path(
    tag = "customers",
    params(SearchParameters, Filters, PageParameters),
    responses((status = 200, description = "A page of what was found", body = FoundCustomerList), ReadErrors),
)]
#[get("/customers/search")]
pub(super) async fn search_customers(
    caller: Caller,
    listing: ListParams<Flattened<Filters, SearchParameters>>,
) -> ApiResult {
    let search = listing.query.search()?;
    let page = caller.scope().customers().search(&search, &listing.page).await?;
    Ok(ApiResponse::ok(&FoundCustomerList::from(page))?)
}

/// Search customers by a body
///
/// The same search with everything in the body, for long filters and for words that are not to stand in anybody's logs.
#[utoipa::path(
    tag = "customers",
    request_body(content = SearchBody, description = "What to search for"),
    responses((status = 200, description = "A page of what was found", body = FoundCustomerList), QueryErrors),
)]
#[post("/customers/search")]
pub(super) async fn search_customers_by_body(caller: Caller, body: JsonBody<SearchBody>) -> ApiResult {
    let (search, request) = body.value.search().map_err(ApiError::in_body)?;
    let found = caller.scope().customers().search(&search, &request).await;
    let page = found.map_err(|error| ApiError::from(error).in_body())?;
    Ok(ApiResponse::ok(&FoundCustomerList::from(page))?)
}
