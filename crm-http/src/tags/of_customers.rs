//! The tags of a customer.

use actix_web::{delete, get, post};
use crm_core::ids::CustomerId;

use super::CustomerTagList;
use super::parameters::{CustomerTagNames, RemoveParameters, TagInPath};
use crate::answer::{ApiResponse, ApiResult};
use crate::auth::Caller;
use crate::document::IdempotencyKeyParameter;
use crate::problem::responses::{CreateChildErrors, GetErrors, RemoveErrors};
use crate::request::{Flattened, Id, IdempotencyKeyHeader, JsonBody, NoParameters, OptionalBody, Query};

/// List a customer's tags
///
/// All of them, by name. They also stand in the customer's `tags`.
#[utoipa::path(
    tag = "tags",
    params(("customerId" = CustomerId, Path, description = "The customer's id")),
    responses((status = 200, description = "The customer's tags", body = CustomerTagList), GetErrors),
)]
#[get("/customers/{customerId}/tags")]
pub(super) async fn list_customer_tags(caller: Caller, customer: Id<CustomerId>) -> ApiResult {
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().customer_tags(*customer).list().await?))?)
}

/// Add tags to a customer
///
/// Tags are named by their names, in any case, or by their ids. A name that there is no tag for yet makes one, if your role
/// may create tags; a tag that the customer already has is no error. A customer has at most 100 tags. The customer's version
/// and the time of its last write do not change. The answer lists all tags that the customer then has.
#[utoipa::path(
    tag = "tags",
    params(IdempotencyKeyParameter),
    request_body(content = CustomerTagNames, description = "The tags to add"),
    responses((status = 200, description = "The customer's tags now", body = CustomerTagList), CreateChildErrors),
)]
#[post("/customers/{customerId}/tags")]
pub(super) async fn add_customer_tags(
    caller: Caller,
    customer: Id<CustomerId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<CustomerTagNames>,
) -> ApiResult {
    let JsonBody { value: CustomerTagNames { tags }, fingerprint } = body;
    let add = async |scope: &mut crm_core::CompanyScope<'_>| {
        ApiResponse::ok(&CustomerTagList::from(scope.customer_tags(*customer).add(tags.clone()).await?))
    };
    key.once(&caller, "addCustomerTags", &fingerprint, add).await
}

/// Remove tags from a customer
///
/// The tags stand in the body, or in the query for clients that send no body with a `DELETE`, by their names or ids. What the
/// customer does not have is no fault. The answer is all the customer still has.
#[utoipa::path(
    tag = "tags",
    params(RemoveParameters),
    request_body(content = Option<CustomerTagNames>, description = "The tags to remove"),
    responses((status = 200, description = "The customer's tags now", body = CustomerTagList), RemoveErrors),
)]
#[delete("/customers/{customerId}/tags")]
pub(super) async fn remove_customer_tags(
    caller: Caller,
    customer: Id<CustomerId>,
    query: Query<Flattened<RemoveParameters, NoParameters>>,
    body: OptionalBody<CustomerTagNames>,
) -> ApiResult {
    let tags = query.0.shared.and(body.0)?;
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().customer_tags(*customer).remove(tags).await?))?)
}

/// Remove a tag from a customer
///
/// The tag is named by its name, percent-encoded, or by its id. What the customer does not have is no fault. The answer is
/// all the customer still has.
#[utoipa::path(
    tag = "tags",
    params(("tag" = String, Path, description = "The tag's name or id")),
    responses((status = 200, description = "The customer's tags now", body = CustomerTagList), GetErrors),
)]
#[delete("/customers/{customerId}/tags/{tag}")]
pub(super) async fn remove_customer_tag(caller: Caller, customer: Id<CustomerId>, tag: TagInPath) -> ApiResult {
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().customer_tags(*customer).remove([tag.0]).await?))?)
}
