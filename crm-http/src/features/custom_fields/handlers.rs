//! Reading and writing custom fields.

use actix_web::{delete, get, patch, post};
use crm_core::custom_fields::{CustomField, CustomFieldPatch, NewCustomField};
use crm_core::ids::CustomFieldId;

use super::CustomFieldList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List custom fields
///
/// The definitions of your company's custom fields. Archived ones are left out; `isArchived=true` lists them alone.
#[utoipa::path(
    tag = "custom-fields",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of custom fields", body = CustomFieldList), ReadErrors),
)]
#[get("/custom-fields")]
pub(super) async fn list_custom_fields(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().custom_fields().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&CustomFieldList::from(page))?)
}

/// Add a custom field
///
/// From then on `customFields.<key>` of a record must be a value of the type, wherever it comes from; other values are a
/// 422 with a pointer to them. Records that are there already keep what they have until it is changed. A key is unique
/// among the fields of an entity, archived ones included; a company has at most 200 fields of an entity. Administrators
/// only.
#[utoipa::path(
    tag = "custom-fields",
    params(IdempotencyKeyParameter),
    request_body(content = NewCustomField, description = "The custom field"),
    responses((status = 201, description = "The custom field was added", body = CustomField), CreateErrors),
)]
#[post("/custom-fields")]
pub(super) async fn create_custom_field(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewCustomField>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let field = scope.custom_fields().create(value.clone()).await?;
        ApiResponse::created(field.id, &field)
    };
    key.once(&caller, "createCustomField", &fingerprint, create).await
}

/// Read a custom field
///
/// A definition, archived or not.
#[utoipa::path(
    tag = "custom-fields",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The custom field", body = CustomField), NotModified, GetErrors),
)]
#[get("/custom-fields/{customFieldId}")]
pub(super) async fn get_custom_field(caller: Caller, id: Id<CustomFieldId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().custom_fields().get(*id).await?)?)
}

/// Change a custom field
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; `options` and `default` are replaced as a
/// whole. Another key or type is a 422, because records have values of them. `isArchived` hides the field: it asks
/// nothing any more, and its values stay. A change holds in other instances of the service within five seconds.
/// Administrators only.
#[utoipa::path(
    tag = "custom-fields",
    params(IfMatchParameter),
    request_body(content = CustomFieldPatch, description = "The fields to change"),
    responses((status = 200, description = "The custom field as it is now", body = CustomField), WriteErrors),
)]
#[patch("/custom-fields/{customFieldId}")]
pub(super) async fn update_custom_field(
    caller: Caller,
    id: Id<CustomFieldId>,
    seen: IfMatch,
    body: JsonBody<CustomFieldPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().custom_fields().update(*id, body.value, seen.0).await?)?)
}

/// Delete a custom field
///
/// Deletes the definition permanently. The values of records stay, as fields without a definition. Administrators only.
#[utoipa::path(
    tag = "custom-fields",
    params(IfMatchParameter),
    responses((status = 204, description = "The custom field is deleted"), ActionErrors),
)]
#[delete("/custom-fields/{customFieldId}")]
pub(super) async fn delete_custom_field(caller: Caller, id: Id<CustomFieldId>, seen: IfMatch) -> ApiResult {
    caller.scope().custom_fields().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
