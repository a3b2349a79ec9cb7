//! Merging customers, and undoing it.

use actix_web::{get, post};
use crm_core::customers::{CustomerMerge, MergeCustomers, MergeOutcome, UnmergeCustomers, UnmergeOutcome};
use crm_core::ids::{CustomerId, CustomerMergeId};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::{GetErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody, ListParams};
use serde::Deserialize;

/// A page of the merges into a customer.
pub type CustomerMergeList = List<CustomerMerge>;

/// The list has no parameters of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeParameters {}

/// Merge customers
///
/// Merges up to 10 customers into another one, the survivor. It keeps its id, and what it lacks comes from the others in
/// their order, unless `fields` names the customer whose value stands, or `values` has a new one. Notes, interactions, tags,
/// contact points and external references of all are the survivor's then; what is equal becomes one. Private notes of other
/// users move too, and are not counted. The ids of the others lead to the survivor: reads answer 308, writes 410. `dryRun`
/// tells what would come of it. For 30 days a merge can be undone. Needs the right to change the survivor and to delete the
/// others.
#[utoipa::path(
    tag = "customers",
    params(IdempotencyKeyParameter),
    request_body(content = MergeCustomers, description = "The customers, and the choices"),
    responses(
        (status = 200, description = "The customer that all of them are now", body = MergeOutcome),
        WriteErrors,
    ),
)]
#[post("/customers/merge")]
pub(super) async fn merge_customers(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<MergeCustomers>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let merge =
        async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::ok(&scope.customers().merge(value.clone()).await?);
    key.once(&caller, "mergeCustomers", &fingerprint, merge).await
}

/// List the merges into a customer
///
/// Newest first, also those that were undone. The names of the customers that were merged are shown as long as the merge can
/// be undone.
#[utoipa::path(
    tag = "customers",
    params(PageParameters),
    responses((status = 200, description = "A page of merges", body = CustomerMergeList), GetErrors),
)]
#[get("/customers/{customerId}/merges")]
pub(super) async fn list_customer_merges(
    caller: Caller,
    id: Id<CustomerId>,
    listing: ListParams<MergeParameters>,
) -> ApiResult {
    let page = caller.scope().customers().merges(*id, &listing.page).await?;
    Ok(ApiResponse::ok(&CustomerMergeList::from(page))?)
}

/// Undo a merge of customers
///
/// Within 30 days, and once. The customers that were merged are back, the survivor's fields are as before, and the records
/// return that had moved. If something was changed since, the answer is a conflict that lists the fields and records; with
/// `onConflict` `keep` the merge is undone nevertheless: a changed field keeps its value, and changed records stay with the
/// survivor. What was added to the survivor since stays there. Needs the right to change the survivor and to restore the
/// others.
#[utoipa::path(
    tag = "customers",
    params(IdempotencyKeyParameter),
    request_body(content = UnmergeCustomers, description = "What to do about changes since"),
    responses((status = 200, description = "The customers as they are now", body = UnmergeOutcome), WriteErrors),
)]
#[post("/customers/merges/{customerMergeId}/undo")]
pub(super) async fn undo_customer_merge(
    caller: Caller,
    id: Id<CustomerMergeId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<UnmergeCustomers>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let undo = async |scope: &mut crm_core::CompanyScope<'_>| {
        ApiResponse::ok(&scope.customers().undo_merge(*id, value).await?)
    };
    key.once(&caller, "undoCustomerMerge", &fingerprint, undo).await
}
