//! Reading and writing saved views.

use actix_web::{delete, get, patch, post};
use crm_core::ids::SavedViewId;
use crm_core::saved_views::{NewSavedView, SavedView, SavedViewPatch};

use super::SavedViewList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List saved views
///
/// The shared views of the entities that you may read, and your own private views. Private views of other users are
/// neither listed nor counted.
#[utoipa::path(
    tag = "saved-views",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of saved views", body = SavedViewList), ReadErrors),
)]
#[get("/saved-views")]
pub(super) async fn list_saved_views(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().saved_views().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&SavedViewList::from(page))?)
}

/// Save a view
///
/// A view names what a list shows. `query` has the names and values of the list's parameters and is checked like the
/// list itself; `ownerId` `me` is the user who uses the view, and a time such as `now-30d` is relative to that moment.
/// A `shared` view is visible to all users who may read the entity, a `private` view only to you. A name is unique
/// among your views of the entity.
#[utoipa::path(
    tag = "saved-views",
    params(IdempotencyKeyParameter),
    request_body(content = NewSavedView, description = "The view"),
    responses((status = 201, description = "The view was saved", body = SavedView), CreateErrors),
)]
#[post("/saved-views")]
pub(super) async fn create_saved_view(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewSavedView>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let view = scope.saved_views().create(value.clone()).await?;
        ApiResponse::created(view.id, &view)
    };
    key.once(&caller, "createSavedView", &fingerprint, create).await
}

/// Read a saved view
///
/// A private view of another user is not found.
#[utoipa::path(
    tag = "saved-views",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The view", body = SavedView), NotModified, GetErrors),
)]
#[get("/saved-views/{savedViewId}")]
pub(super) async fn get_saved_view(caller: Caller, id: Id<SavedViewId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().saved_views().get(*id).await?)?)
}

/// Change a saved view
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; `query` and `columns` are replaced as
/// a whole. Only the owner can change the visibility. When a view becomes private, its history, its events and its
/// audit entries are hidden from all other users. For its owner, managers and administrators.
#[utoipa::path(
    tag = "saved-views",
    params(IfMatchParameter),
    request_body(content = SavedViewPatch, description = "The fields to change"),
    responses((status = 200, description = "The view as it is now", body = SavedView), WriteErrors),
)]
#[patch("/saved-views/{savedViewId}")]
pub(super) async fn update_saved_view(
    caller: Caller,
    id: Id<SavedViewId>,
    seen: IfMatch,
    body: JsonBody<SavedViewPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().saved_views().update(*id, body.value, seen.0).await?)?)
}

/// Delete a saved view
///
/// Deletes the view permanently. For its owner, managers and administrators.
#[utoipa::path(
    tag = "saved-views",
    params(IfMatchParameter),
    responses((status = 204, description = "The view is deleted"), ActionErrors),
)]
#[delete("/saved-views/{savedViewId}")]
pub(super) async fn delete_saved_view(caller: Caller, id: Id<SavedViewId>, seen: IfMatch) -> ApiResult {
    caller.scope().saved_views().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
