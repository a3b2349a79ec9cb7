//! Reading and writing notes.

use actix_web::{delete, get, patch, post, put};
use crm_core::ids::{CustomerId, NoteId};
use crm_core::notes::{NewNote, Note, NotePatch};

use super::parameters::ListParameters;
use super::{NoteList, NoteReplacement};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List a customer's notes
///
/// The shared notes about the customer and your own private notes, newest first. Private notes of other users are
/// neither listed nor counted.
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
/// A note is Markdown text. A `shared` note is visible to all users of your company, a `private` note only to you. Raw
/// HTML in the text is stored unchanged: remove or sanitize it when you render the text. At most five notes of a
/// customer can be pinned.
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
/// A note about the customer. A private note of another user and a note in the trash are not found.
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
/// Replaces every writable field, so every one must be present, with `null` for no value. Only the author can change
/// the visibility. For its author, managers and administrators.
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
    Ok(ApiResponse::tagged(&caller.scope().notes(*customer).replace(*id, body.record, seen.0).await?)?)
}

/// Change a note
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field. Only the author can change the
/// visibility. When a note becomes private, its history, its events and its audit entries are hidden from all other
/// users. When it is shared again, it appears to them as a new note. For its author, managers and administrators.
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
/// Restores a note from the trash. For its author, managers and administrators.
#[utoipa::path(
    tag = "notes",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The note is restored", body = Note), ActionErrors),
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
