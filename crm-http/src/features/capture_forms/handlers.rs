//! Reading and writing capture forms.

use actix_web::{delete, get, patch, post};
use crm_core::CompanyScope;
use crm_core::capture_forms::{CaptureForm, CaptureFormPatch, NewCaptureForm};
use crm_core::ids::CaptureFormId;

use super::CaptureFormList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List capture forms
///
/// The forms of your company's websites, with how often they were sent. For managers and administrators.
#[utoipa::path(
    tag = "capture-forms",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of forms", body = CaptureFormList), ReadErrors),
)]
#[get("/capture-forms")]
pub(super) async fn list_capture_forms(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().capture_forms().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&CaptureFormList::from(page))?)
}

/// Add a capture form
///
/// Visitors of the pages with the form become leads. Its `key` is what pages send it by; it is public. `fields` are those of
/// leads that are texts, and `customFields.` with the key of a custom field. Only pages of the `origins` can send it from a
/// browser. Without an `ownerId` its leads are given to users as other leads are. With a `consentText` visitors have to
/// agree to it, and each submission keeps the text. A company has at most 100. For managers and administrators.
#[utoipa::path(
    tag = "capture-forms",
    params(IdempotencyKeyParameter),
    request_body(content = NewCaptureForm, description = "The form"),
    responses((status = 201, description = "The form was added", body = CaptureForm), CreateErrors),
)]
#[post("/capture-forms")]
pub(super) async fn create_capture_form(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewCaptureForm>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let form = scope.capture_forms().create(value.clone()).await?;
        ApiResponse::created(form.id, &form)
    };
    key.once(&caller, "createCaptureForm", &fingerprint, create).await
}

/// Read a capture form
///
/// One form, with its key and how often it was sent. For managers and administrators.
#[utoipa::path(
    tag = "capture-forms",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The form", body = CaptureForm), NotModified, GetErrors),
)]
#[get("/capture-forms/{captureFormId}")]
pub(super) async fn get_capture_form(caller: Caller, id: Id<CaptureFormId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().capture_forms().get(*id).await?)?)
}

/// Change a capture form
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; lists are replaced as a whole. Another
/// `consentText` counts `consentVersion` on; pages get it with their next challenge. For managers and administrators.
#[utoipa::path(
    tag = "capture-forms",
    params(IfMatchParameter),
    request_body(content = CaptureFormPatch, description = "The fields to change"),
    responses((status = 200, description = "The form as it is now", body = CaptureForm), WriteErrors),
)]
#[patch("/capture-forms/{captureFormId}")]
pub(super) async fn update_capture_form(
    caller: Caller,
    id: Id<CaptureFormId>,
    seen: IfMatch,
    body: JsonBody<CaptureFormPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().capture_forms().update(*id, body.value, seen.0).await?)?)
}

/// Delete a capture form
///
/// Deletes the form permanently: pages with its key cannot send it any more. Its leads stay, with what was sent. For managers and
/// administrators.
#[utoipa::path(
    tag = "capture-forms",
    params(IfMatchParameter),
    responses((status = 204, description = "The form is deleted"), ActionErrors),
)]
#[delete("/capture-forms/{captureFormId}")]
pub(super) async fn delete_capture_form(caller: Caller, id: Id<CaptureFormId>, seen: IfMatch) -> ApiResult {
    caller.scope().capture_forms().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Give a capture form another key
///
/// Pages with the key so far cannot send the form any more. For managers and administrators.
#[utoipa::path(
    tag = "capture-forms",
    params(IfMatchParameter),
    responses((status = 200, description = "The form with its new key", body = CaptureForm), ActionErrors),
)]
#[post("/capture-forms/{captureFormId}/rotate-key")]
pub(super) async fn rotate_capture_form_key(caller: Caller, id: Id<CaptureFormId>, seen: IfMatch) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().capture_forms().rotate_key(*id, seen.0).await?)?)
}
