//! Reading and writing customers.

use actix_web::{delete, get, patch, post, put};
use crm_core::customers::{Customer, CustomerPatch, NewCustomer, WrittenCustomer};
use crm_core::deals::DealQuery;
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;

use super::parameters::{
    DuplicateParameters, ExternalParameters, Filters, HistoryParameters, ListParameters, ReadParameters,
};
use super::{CustomerList, CustomerReplacement, CustomerWithDeals, Timeline};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Flattened, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams, Query};

/// How many deals a customer is read with at most.
const MOST_DEALS: u64 = 100;

/// List customers
///
/// The customers of your company, newest first. Archived customers are left out unless you ask for them. Customers in
/// the trash are never included.
#[utoipa::path(
    tag = "customers",
    params(Filters, ListParameters, PageParameters),
    responses((status = 200, description = "A page of customers", body = CustomerList), ReadErrors),
)]
#[get("/customers")]
pub(super) async fn list_customers(
    caller: Caller,
    listing: ListParams<Flattened<Filters, ListParameters>>,
) -> ApiResult {
    let Flattened { shared: filters, own } = listing.query;
    let query = own.query(filters)?;
    let page = caller.scope().customers().list(&query, &listing.page).await?;
    Ok(ApiResponse::ok(&CustomerList::from(page))?)
}

/// Add a customer
///
/// A person needs a name or its parts, an organization needs a name. E-mail addresses are stored in lower case and must be
/// unique unless your company allows duplicates. Telephone numbers and countries are stored as typed, and their normalized
/// form is derived from them. `email`, `phone` and the flat address are the primary ones of `emails`, `phones` and
/// `addresses`: give either, or both. Depending on your company's `duplicatePolicy`, a customer that may be there already is
/// refused with `possible_duplicate`, or added with `possibleDuplicates` in the answer. Sales representatives can only add customers that they own or that have no owner.
#[utoipa::path(
    tag = "customers",
    params(DuplicateParameters, IdempotencyKeyParameter),
    request_body(content = NewCustomer, description = "The customer"),
    responses((status = 201, description = "The customer was added", body = WrittenCustomer), CreateErrors),
)]
#[post("/customers")]
pub(super) async fn create_customer(
    caller: Caller,
    query: Query<DuplicateParameters>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewCustomer>,
) -> ApiResult {
    let (JsonBody { value, fingerprint }, policy) = (body, query.0.duplicates);
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let written = scope.customers().create_checked(value.clone(), policy).await?;
        ApiResponse::created(written.customer.id, &written)
    };
    key.once(&caller, "createCustomer", &fingerprint, create).await
}

/// Read a customer by external reference
///
/// The customer whose `externalRefs` contain this id of another system.
#[utoipa::path(
    tag = "customers",
    params(ExternalParameters, IfNoneMatchParameter),
    responses((status = 200, description = "The customer", body = Customer), NotModified, GetErrors),
)]
#[get("/customers/by-external")]
pub(super) async fn get_customer_by_external_ref(caller: Caller, query: Query<ExternalParameters>) -> ApiResult {
    let Query(ExternalParameters { system, id }) = query;
    Ok(ApiResponse::tagged(&caller.scope().customers().by_external(&system, &id).await?)?)
}

/// Read a customer
///
/// A customer of your company. A customer in the trash is not found. With `includeDeals` it has its `deals` as well, the
/// latest 100 that you may read; the answer has no `ETag` then, because deals have versions of their own. The deals of
/// many customers are in `GET /api/deals`, by a filter on `customerId`.
#[utoipa::path(
    tag = "customers",
    params(ReadParameters, IfNoneMatchParameter),
    responses((status = 200, description = "The customer", body = CustomerWithDeals), NotModified, GetErrors),
)]
#[get("/customers/{customerId}")]
pub(super) async fn get_customer(caller: Caller, id: Id<CustomerId>, query: Query<ReadParameters>) -> ApiResult {
    let mut scope = caller.scope();
    let customer = scope.customers().get(*id).await?;
    if !query.0.include_deals.unwrap_or_default() {
        return Ok(ApiResponse::tagged(&customer)?);
    }
    let of_customer = DealQuery { customer: Some(*id), ..DealQuery::default() };
    let deals = scope.deals().list(&of_customer, &PageRequest::default().limit(MOST_DEALS)).await?.data;
    Ok(ApiResponse::ok(&CustomerWithDeals { customer, deals: Some(deals) })?)
}

/// Replace a customer
///
/// Replaces every writable field, so every one must be present, with `null` for no value; one that is not required keeps
/// its value where it is missing. Without `emails`, `email` changes the primary e-mail address; so do `phone` and the flat
/// address. The answer of a read can be sent back unchanged: read-only fields are ignored. To change a few fields, use
/// `PATCH`.
#[utoipa::path(
    tag = "customers",
    params(DuplicateParameters, IfMatchParameter),
    request_body(content = CustomerReplacement, description = "All writable fields"),
    responses((status = 200, description = "The customer as it is now stored", body = WrittenCustomer), WriteErrors),
)]
#[put("/customers/{customerId}")]
pub(super) async fn replace_customer(
    caller: Caller,
    id: Id<CustomerId>,
    query: Query<DuplicateParameters>,
    seen: IfMatch,
    body: CustomerReplacement,
) -> ApiResult {
    let (CustomerReplacement { record, left_out }, policy) = (body, query.0.duplicates);
    let mut scope = caller.scope();
    let written = scope.customers().replace_except(*id, record, &left_out, seen.0, policy).await?;
    Ok(ApiResponse::tagged(&written)?)
}

/// Change a customer
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. `customFields` and `metadata` are
/// merged member by member; lists are replaced as a whole. Without `emails`, `email` changes the primary e-mail address,
/// or makes one of the others primary; so do `phone` and the flat address. `isArchived` hides the customer from lists. A
/// patch that changes nothing writes nothing.
#[utoipa::path(
    tag = "customers",
    params(DuplicateParameters, IfMatchParameter),
    request_body(content = CustomerPatch, description = "The fields to change"),
    responses((status = 200, description = "The customer as it is now stored", body = WrittenCustomer), WriteErrors),
)]
#[patch("/customers/{customerId}")]
pub(super) async fn update_customer(
    caller: Caller,
    id: Id<CustomerId>,
    query: Query<DuplicateParameters>,
    seen: IfMatch,
    body: JsonBody<CustomerPatch>,
) -> ApiResult {
    let mut scope = caller.scope();
    let written = scope.customers().update_checked(*id, body.value, seen.0, query.0.duplicates).await?;
    Ok(ApiResponse::tagged(&written)?)
}

/// Delete a customer
///
/// Moves the customer to the trash, from which it can be restored. Its e-mail address and external references become
/// available to other customers. Managers and administrators only.
#[utoipa::path(
    tag = "customers",
    params(IfMatchParameter),
    responses((status = 204, description = "The customer is in the trash"), ActionErrors),
)]
#[delete("/customers/{customerId}")]
pub(super) async fn delete_customer(caller: Caller, id: Id<CustomerId>, seen: IfMatch) -> ApiResult {
    caller.scope().customers().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore a customer
///
/// Restores a customer from the trash, with everything that was deleted along with it. The answer is a conflict if
/// another customer now has its e-mail address or one of its external references. Managers and administrators only.
#[utoipa::path(
    tag = "customers",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The customer is restored", body = Customer), ActionErrors),
)]
#[post("/customers/{customerId}/restore")]
pub(super) async fn restore_customer(caller: Caller, id: Id<CustomerId>, key: IdempotencyKeyHeader) -> ApiResult {
    let restore =
        async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::tagged(&scope.customers().restore(*id).await?);
    key.once(&caller, "restoreCustomer", "", restore).await
}

/// Purge a customer
///
/// Removes a customer and its history permanently, whether or not it is in the trash. The audit trail records that the
/// customer existed, but not who it was. Administrators only.
#[utoipa::path(
    tag = "customers",
    params(IfMatchParameter, IdempotencyKeyParameter),
    responses((status = 204, description = "The customer is removed"), ActionErrors),
)]
#[post("/customers/{customerId}/purge")]
pub(super) async fn purge_customer(
    caller: Caller,
    id: Id<CustomerId>,
    seen: IfMatch,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let purge = async |scope: &mut crm_core::CompanyScope<'_>| {
        scope.customers().purge(*id, seen.0).await?;
        Ok(ApiResponse::no_content())
    };
    key.once(&caller, "purgeCustomer", "", purge).await
}

/// Read a customer's history
///
/// The timeline of a customer, newest first: changes with old and new values, notes, interactions, tasks, and the
/// entries that the host application adds. Private notes of other users are neither listed nor counted. The history of a
/// customer in the trash is available to managers and administrators only. With `includePeople` an organization's
/// history has that of its people as well, as far as you see them; of what the host application adds, that of the
/// organization only.
#[utoipa::path(
    tag = "customers",
    params(HistoryParameters, PageParameters),
    responses((status = 200, description = "A page of the timeline", body = Timeline), GetErrors),
)]
#[get("/customers/{customerId}/history")]
pub(super) async fn list_customer_history(
    caller: Caller,
    id: Id<CustomerId>,
    listing: ListParams<HistoryParameters>,
) -> ApiResult {
    let page = caller.scope().customers().timeline(*id, &listing.query.query(), &listing.page).await?;
    Ok(ApiResponse::ok(&Timeline::from(page))?)
}
