//! Reading and writing saved mappings.

use actix_web::{delete, get, post, put};
use crm_core::ids::ImportMappingId;
use crm_core::import_mappings::{ImportMapping, NewImportMapping};

use super::parameters::ListParameters;
use super::{ImportMappingList, ImportMappingReplacement};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List saved mappings
///
/// What the columns of files are taken for, by name. `signature` lists the mappings for files with the same headers. For
/// managers and administrators, who may import.
#[utoipa::path(
    tag = "import-mappings",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of saved mappings", body = ImportMappingList), ReadErrors),
)]
#[get("/import-mappings")]
pub(super) async fn list_import_mappings(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().import_mappings().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&ImportMappingList::from(page))?)
}

/// Save a mapping
///
/// Keeps the mapping and the options of an import under a name. `columns` are the headers of the file as the preview tells
/// them; files with the same headers in the same order, without case, accents and punctuation, are proposed the mapping.
/// A mapping with which such a file could not be imported is a 422. A company has at most 200. For managers and
/// administrators.
#[utoipa::path(
    tag = "import-mappings",
    params(IdempotencyKeyParameter),
    request_body(content = NewImportMapping, description = "The mapping"),
    responses((status = 201, description = "The mapping was saved", body = ImportMapping), CreateErrors),
)]
#[post("/import-mappings")]
pub(super) async fn create_import_mapping(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewImportMapping>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let mapping = scope.import_mappings().create(value.clone()).await?;
        ApiResponse::created(mapping.id, &mapping)
    };
    key.once(&caller, "createImportMapping", &fingerprint, create).await
}

/// Read a saved mapping
///
/// For managers and administrators.
#[utoipa::path(
    tag = "import-mappings",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The saved mapping", body = ImportMapping), NotModified, GetErrors),
)]
#[get("/import-mappings/{importMappingId}")]
pub(super) async fn get_import_mapping(caller: Caller, id: Id<ImportMappingId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().import_mappings().get(*id).await?)?)
}

/// Replace a saved mapping
///
/// Replaces every writable field, so every one must be present, with `null` for no value. The signature follows `columns`.
/// For managers and administrators.
#[utoipa::path(
    tag = "import-mappings",
    params(IfMatchParameter),
    request_body(content = ImportMappingReplacement, description = "All writable fields"),
    responses((status = 200, description = "The saved mapping as it is now", body = ImportMapping), WriteErrors),
)]
#[put("/import-mappings/{importMappingId}")]
pub(super) async fn replace_import_mapping(
    caller: Caller,
    id: Id<ImportMappingId>,
    seen: IfMatch,
    body: ImportMappingReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().import_mappings().replace(*id, body.record, seen.0).await?)?)
}

/// Delete a saved mapping
///
/// Deletes the mapping permanently. Imports that have used it stay as they are. For managers and administrators.
#[utoipa::path(
    tag = "import-mappings",
    params(IfMatchParameter),
    responses((status = 204, description = "The saved mapping is deleted"), ActionErrors),
)]
#[delete("/import-mappings/{importMappingId}")]
pub(super) async fn delete_import_mapping(caller: Caller, id: Id<ImportMappingId>, seen: IfMatch) -> ApiResult {
    caller.scope().import_mappings().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
