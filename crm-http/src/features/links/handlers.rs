//! Reading and writing links.

use actix_web::{delete, get, patch, post};
use crm_core::customers::{CustomerLink, CustomerLinkPatch, NewCustomerLink};
use crm_core::ids::{CustomerId, LinkId};

use super::CustomerLinkList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List a customer's links
///
/// The links of a customer with others, newest first: a person's organizations, an organization's people, its parent and its
/// children. Each names the other customer. Links with customers that you do not see, or that are in the trash, are neither
/// listed nor counted. For the people of an organization with their fields, list customers with `organizationId`.
#[utoipa::path(
    tag = "links",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of links", body = CustomerLinkList), GetErrors),
)]
#[get("/customers/{customerId}/links")]
pub(super) async fn list_links(
    caller: Caller,
    customer: Id<CustomerId>,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let page = caller.scope().links(*customer).list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&CustomerLinkList::from(page))?)
}

/// Link a customer with another
///
/// The other customer is `toId`, or `fromId`; the customer in the path is the other end. `label` says what `fromId` is to
/// `toId`: `employee`, `owner`, `director`, `decision_maker` and `accountant` join a person with an organization; `family`
/// joins persons; `reseller` leads to an organization; `partner`, `referred_by`, `other` and words of your own join any two;
/// `parent` makes an organization the parent of another. The person of a person and an organization is always `fromId`,
/// whichever end is given.
///
/// `isPrimary` makes the organization the person's `organizationId`, and its name their `organizationName`, instead of the
/// one that is. An organization has one parent; a hierarchy has no cycles and at most 10 levels. A customer has at most 100
/// links to others and 10,000 from others. For users who may change one of the two customers; a primary link and a parent
/// change the customer `fromId`, and need the right to change that one.
#[utoipa::path(
    tag = "links",
    params(IdempotencyKeyParameter),
    request_body(content = NewCustomerLink, description = "The link"),
    responses((status = 201, description = "The link was added", body = CustomerLink), CreateChildErrors),
)]
#[post("/customers/{customerId}/links")]
pub(super) async fn create_link(
    caller: Caller,
    customer: Id<CustomerId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewCustomerLink>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let link = scope.links(*customer).create(value.clone()).await?;
        ApiResponse::created(link.id, &link)
    };
    key.once(&caller, "createLink", &fingerprint, create).await
}

/// Read a link
///
/// A link of the customer, whichever end it is. `customer` is the other one.
#[utoipa::path(
    tag = "links",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The link", body = CustomerLink), NotModified, GetErrors),
)]
#[get("/customers/{customerId}/links/{linkId}")]
pub(super) async fn get_link(caller: Caller, customer: Id<CustomerId>, id: Id<LinkId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().links(*customer).get(*id).await?)?)
}

/// Change a link
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. The two customers stay. A link whose last
/// day has come is inactive; what is inactive is not primary, and no parent. The name of a primary organization stays with
/// the person as free text. For users who may change one of the two customers.
#[utoipa::path(
    tag = "links",
    params(IfMatchParameter),
    request_body(content = CustomerLinkPatch, description = "The fields to change"),
    responses((status = 200, description = "The link as it is now", body = CustomerLink), WriteErrors),
)]
#[patch("/customers/{customerId}/links/{linkId}")]
pub(super) async fn update_link(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<LinkId>,
    seen: IfMatch,
    body: JsonBody<CustomerLinkPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().links(*customer).update(*id, body.value, seen.0).await?)?)
}

/// Delete a link
///
/// Deletes the link permanently, as if it had not been: to end one that was, set `isInactive` or `endedOn`. For users who may
/// change one of the two customers.
#[utoipa::path(
    tag = "links",
    params(IfMatchParameter),
    responses((status = 204, description = "The link is deleted"), ActionErrors),
)]
#[delete("/customers/{customerId}/links/{linkId}")]
pub(super) async fn delete_link(caller: Caller, customer: Id<CustomerId>, id: Id<LinkId>, seen: IfMatch) -> ApiResult {
    caller.scope().links(*customer).delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
