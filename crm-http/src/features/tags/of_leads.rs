//! The tags of a lead: those that the customer has later.

use actix_web::{delete, get, post};
use crm_core::ids::LeadId;

use super::CustomerTagList;
use super::parameters::{CustomerTagNames, RemoveParameters, TagInPath};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::problem::responses::{CreateChildErrors, GetErrors, RemoveErrors};
use crm_web::request::Caller;
use crm_web::request::{Flattened, Id, IdempotencyKeyHeader, JsonBody, NoParameters, OptionalBody, Query};

/// List a lead's tags
///
/// All tags of the lead, by name. They are also in the lead's `tags`.
#[utoipa::path(
    tag = "tags",
    params(("leadId" = LeadId, Path, description = "The lead's id")),
    responses((status = 200, description = "The lead's tags", body = CustomerTagList), GetErrors),
)]
#[get("/leads/{leadId}/tags")]
pub(super) async fn list_lead_tags(caller: Caller, lead: Id<LeadId>) -> ApiResult {
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().lead_tags(*lead).list().await?))?)
}

/// Add tags to a lead
///
/// Tags are given by name, in any case, or by id. An unknown name creates a tag if your role may create tags. A tag
/// that the lead already has is ignored. A lead has at most 100 tags. The version and `updatedAt` of the
/// lead do not change. The answer lists all tags of the lead.
#[utoipa::path(
    tag = "tags",
    params(IdempotencyKeyParameter),
    request_body(content = CustomerTagNames, description = "The tags to add"),
    responses((status = 200, description = "The lead's tags", body = CustomerTagList), CreateChildErrors),
)]
#[post("/leads/{leadId}/tags")]
pub(super) async fn add_lead_tags(
    caller: Caller,
    lead: Id<LeadId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<CustomerTagNames>,
) -> ApiResult {
    let JsonBody { value: CustomerTagNames { tags }, fingerprint } = body;
    let add = async |scope: &mut crm_core::CompanyScope<'_>| {
        ApiResponse::ok(&CustomerTagList::from(scope.lead_tags(*lead).add(tags.clone()).await?))
    };
    key.once(&caller, "addLeadTags", &fingerprint, add).await
}

/// Remove tags from a lead
///
/// The tags are given by name or id in the body, or in the query for clients that send no body with a `DELETE`. Tags
/// that the lead does not have are ignored. The answer lists the remaining tags of the lead.
#[utoipa::path(
    tag = "tags",
    params(RemoveParameters),
    request_body(content = Option<CustomerTagNames>, description = "The tags to remove"),
    responses((status = 200, description = "The lead's tags", body = CustomerTagList), RemoveErrors),
)]
#[delete("/leads/{leadId}/tags")]
pub(super) async fn remove_lead_tags(
    caller: Caller,
    lead: Id<LeadId>,
    query: Query<Flattened<RemoveParameters, NoParameters>>,
    body: OptionalBody<CustomerTagNames>,
) -> ApiResult {
    let tags = query.0.shared.and(body.0)?;
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().lead_tags(*lead).remove(tags).await?))?)
}

/// Remove a tag from a lead
///
/// The tag is given by its name, percent-encoded, or by its id. A tag that the lead does not have is ignored. The
/// answer lists the remaining tags of the lead.
#[utoipa::path(
    tag = "tags",
    params(("tag" = String, Path, description = "The tag's name or id")),
    responses((status = 200, description = "The lead's tags", body = CustomerTagList), GetErrors),
)]
#[delete("/leads/{leadId}/tags/{tag}")]
pub(super) async fn remove_lead_tag(caller: Caller, lead: Id<LeadId>, tag: TagInPath) -> ApiResult {
    Ok(ApiResponse::ok(&CustomerTagList::from(caller.scope().lead_tags(*lead).remove([tag.0]).await?))?)
}
