//! Reading and writing tags.

use actix_web::{delete, get, patch, post};
use crm_core::ids::TagId;
use crm_core::tags::{NewTag, Tag, TagPatch};

use super::TagList;
use super::parameters::{ListParameters, TagMerge};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::cache::CacheKind;
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List tags
///
/// The tags of your company by name, each with the number of customers that have it. `sort=-usageCount` lists the most
/// used tags first.
#[utoipa::path(
    tag = "tags",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of tags", body = TagList), ReadErrors),
)]
#[get("/tags")]
pub(super) async fn list_tags(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    list(&caller, listing).await
}

/// List the tags available to customers
///
/// The same list as `GET /api/tags`.
#[utoipa::path(
    tag = "tags",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of tags", body = TagList), ReadErrors),
)]
#[get("/customers/tags")]
pub(super) async fn list_available_tags(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    list(&caller, listing).await
}

async fn list(caller: &Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let (query, page) = (listing.query.query()?, listing.page);
    let compute =
        async |scope: &mut crm_core::CompanyScope<'static>| Ok(TagList::from(scope.tags().list(&query, &page).await?));
    caller.cached_response((CacheKind::Tags, "listTags"), &(&query, &page), compute).await
}

/// Add a tag
///
/// The name is unique in your company, ignoring case and accents, and contains no commas or semicolons. Adding an
/// unknown tag to a customer creates the tag, so this operation is optional.
#[utoipa::path(
    tag = "tags",
    params(IdempotencyKeyParameter),
    request_body(content = NewTag, description = "The tag"),
    responses((status = 201, description = "The tag was added", body = Tag), CreateErrors),
)]
#[post("/tags")]
pub(super) async fn create_tag(caller: Caller, key: IdempotencyKeyHeader, body: JsonBody<NewTag>) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let tag = scope.tags().create(value.clone()).await?;
        ApiResponse::created(tag.id, &tag)
    };
    key.once(&caller, "createTag", &fingerprint, create).await
}

/// Read a tag
///
/// A tag, with the number of customers that have it.
#[utoipa::path(
    tag = "tags",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The tag", body = Tag), NotModified, GetErrors),
)]
#[get("/tags/{tagId}")]
pub(super) async fn get_tag(caller: Caller, id: Id<TagId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().tags().get(*id).await?)?)
}

/// Change a tag
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. The new name and colour apply to all
/// customers with the tag at once, including searches. Managers and administrators only.
#[utoipa::path(
    tag = "tags",
    params(IfMatchParameter),
    request_body(content = TagPatch, description = "The fields to change"),
    responses((status = 200, description = "The tag as it is now", body = Tag), WriteErrors),
)]
#[patch("/tags/{tagId}")]
pub(super) async fn update_tag(caller: Caller, id: Id<TagId>, seen: IfMatch, body: JsonBody<TagPatch>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().tags().update(*id, body.value, seen.0).await?)?)
}

/// Delete a tag
///
/// Deletes the tag permanently, and removes it from all customers. Managers and administrators only.
#[utoipa::path(
    tag = "tags",
    params(IfMatchParameter),
    responses((status = 204, description = "The tag is deleted"), ActionErrors),
)]
#[delete("/tags/{tagId}")]
pub(super) async fn delete_tag(caller: Caller, id: Id<TagId>, seen: IfMatch) -> ApiResult {
    caller.scope().tags().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Merge a tag into another
///
/// Adds the other tag to every customer with this tag, and deletes this tag. The answer is the remaining tag. Managers
/// and administrators only.
#[utoipa::path(
    tag = "tags",
    params(IfMatchParameter, IdempotencyKeyParameter),
    request_body(content = TagMerge, description = "The remaining tag"),
    responses((status = 200, description = "The remaining tag", body = Tag), WriteErrors),
)]
#[post("/tags/{tagId}/merge")]
pub(super) async fn merge_tag(
    caller: Caller,
    id: Id<TagId>,
    seen: IfMatch,
    key: IdempotencyKeyHeader,
    body: JsonBody<TagMerge>,
) -> ApiResult {
    let JsonBody { value: TagMerge { into }, fingerprint } = body;
    let merge = async |scope: &mut crm_core::CompanyScope<'_>| {
        ApiResponse::tagged(&scope.tags().merge(*id, into, seen.0).await?)
    };
    key.once(&caller, "mergeTag", &fingerprint, merge).await
}
