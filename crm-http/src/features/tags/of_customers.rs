//! The tags of a customer.

use actix_web::{delete, get, post};
use crm_core::ids::CustomerId;

use super::CustomerTagList;
use super::parameters::{CustomerTagNames, RemoveParameters, TagInPath};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::problem::responses::{CreateChildErrors, GetErrors, RemoveErrors};
use crm_web::request::Caller;
use crm_web::request::{Flattened, Id, IdempotencyKeyHeader, JsonBody, NoParameters, OptionalBody, Query};

/// List a customer's tags
///
/// All tags of the customer, by name. They are also in the customer's `tags`.
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
/// Tags are given by name, in any case, or by id. An unknown name creates a tag if your role may create tags. A tag
/// that the customer already has is ignored. A customer has at most 100 tags. The version and `updatedAt` of the
/// customer do not change. The answer lists all tags of the customer.
#[utoipa::path(
    tag = "tags",
    params(IdempotencyKeyParameter),
    request_body(content = CustomerTagNames, description = "The tags to add"),
    responses((status = 200, description = "The customer's tags", body = CustomerTagList), CreateChildErrors),
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
/// The tags are given by name or id in the body, or in the query for clients that send no body with a `DELETE`. Tags
/// that the customer does not have are ignored. The answer lists the remaining tags of the customer.
#[utoipa::path(
    tag = "tags",
    params(RemoveParameters),
    request_body(content = Option<CustomerTagNames>, description = "The tags to remove"),
    responses((status = 200, description = "The customer's tags", body = CustomerTagList), RemoveErrors),
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
/// The tag is given by its name, percent-encoded, or by its id. A tag that the customer does not have is ignored. The
/// answer lists the remaining tags of the customer.
#[utoipa::path(
    tag = "tags",
    params(("tag" = String, Path, description = "The tag's name or id")),
    responses((status = 200, description = "The customer's tags", body = CustomerTagList), GetErrors),
)]
#[delete("/customers/{customerId}/tags/{tag}")]
pub(super) async fn remove_customer_tag(caller: Caller, customer: Id<CustomerId>, tag: TagInPath) -> ApiResult {
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().customer_tags(*customer).remove([tag.0]).await?))?)
}
