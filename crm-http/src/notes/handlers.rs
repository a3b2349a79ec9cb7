//! Reading and writing notes.

use actix_web::{delete, get, patch, post, put};
use crm_core::ids::{CustomerId, NoteId};
use crm_core::notes::{NewNote, Note, NotePatch};

use super::parameters::ListParameters;
use super::{NoteList, NoteReplacement};
use crate::answer::{ApiResponse, ApiResult};
use crate::auth::Caller;
use crate::document::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crate::page::PageParameters;
use crate::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, WriteErrors};
use crate::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List a customer's notes
///
/// The shared notes on the customer and your own private ones, the newest first. Private notes of others are not in it, and
/// not counted.
#[utoipa::path(
    tag = "notes",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of notes", body = NoteList), GetErrors),
)]
#[get("/customers/{customerId}/notes")]
pub(super) async fn list_notes(
    caller: Caller,
    customer: Id<CustomerId>,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let page = caller.scope().notes(*customer).list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&NoteList::from(page))?)
}

/// Add a note
///
/// A note is Markdown text. A `shared` note is seen by everybody in your company, a `private` one by you alone. Raw HTML in
/// the text is kept as it is: leave it out, or sanitise it, when you render the text. Up to five notes of a customer can be
/// pinned.
#[utoipa::path(
    tag = "notes",
    params(IdempotencyKeyParameter),
    request_body(content = NewNote, description = "The note"),
    responses((status = 201, description = "The note was added", body = Note), CreateChildErrors),
)]
#[post("/customers/{customerId}/notes")]
pub(super) async fn create_note(
    caller: Caller,
    customer: Id<CustomerId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewNote>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let note = scope.notes(*customer).create(value.clone()).await?;
        ApiResponse::created(note.id, &note)
    };
    key.once(&caller, "createNote", &fingerprint, create).await
}

/// Read a note
///
/// One note. Another's private note is not found, and neither is a note in the trash.
#[utoipa::path(
    tag = "notes",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The note", body = Note), NotModified, GetErrors),
)]
#[get("/customers/{customerId}/notes/{noteId}")]
pub(super) async fn get_note(caller: Caller, customer: Id<CustomerId>, id: Id<NoteId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().notes(*customer).get(*id).await?)?)
}

/// Replace a note
///
/// Replaces every writable field, so every one must be there, with `null` for no value. For its author, managers and
/// administrators; only the author changes who sees it.
#[utoipa::path(
    tag = "notes",
    params(IfMatchParameter),
    request_body(content = NoteReplacement, description = "All writable fields"),
    responses((status = 200, description = "The note as it is now", body = Note), WriteErrors),
)]
#[put("/customers/{customerId}/notes/{noteId}")]
pub(super) async fn replace_note(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<NoteId>,
    seen: IfMatch,
    body: NoteReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().notes(*customer).replace(*id, body.0, seen.0).await?)?)
}

/// Change a note
///
/// A merge patch (RFC 7396): fields that are absent stay, `null` clears. For its author, managers and administrators; only
/// the author changes who sees it. What becomes private is gone for all others, and so are
/// its history, its events and its entries in the audit trail. Shared again, it is new to them.
#[utoipa::path(
    tag = "notes",
    params(IfMatchParameter),
    request_body(content = NotePatch, description = "The fields to change"),
    responses((status = 200, description = "The note as it is now", body = Note), WriteErrors),
)]
#[patch("/customers/{customerId}/notes/{noteId}")]
pub(super) async fn update_note(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<NoteId>,
    seen: IfMatch,
    body: JsonBody<NotePatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().notes(*customer).update(*id, body.value, seen.0).await?)?)
}

/// Delete a note
///
/// Moves the note to the trash, from which it can be restored. For its author, managers and administrators.
#[utoipa::path(
    tag = "notes",
    params(IfMatchParameter),
    responses((status = 204, description = "The note is in the trash"), ActionErrors),
)]
#[delete("/customers/{customerId}/notes/{noteId}")]
pub(super) async fn delete_note(caller: Caller, customer: Id<CustomerId>, id: Id<NoteId>, seen: IfMatch) -> ApiResult {
    caller.scope().notes(*customer).delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore a note
///
/// Brings a note back from the trash. For its author, managers and administrators.
#[utoipa::path(
    tag = "notes",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The note is back", body = Note), ActionErrors),
)]
#[post("/customers/{customerId}/notes/{noteId}/restore")]
pub(super) async fn restore_note(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<NoteId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let restore =
        async |scope: &mut crm_core::CompanyScope<'_>| ApiResponse::tagged(&scope.notes(*customer).restore(*id).await?);
    key.once(&caller, "restoreNote", "", restore).await
}
