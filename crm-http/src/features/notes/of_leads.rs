//! The notes on leads: those that the customer has later.

use actix_web::{delete, get, patch, post, put};
use crm_core::ids::{LeadId, NoteId};
use crm_core::notes::{NewNote, Note, NotePatch};

use super::parameters::ListParameters;
use super::{NoteList, NoteReplacement};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List a lead's notes
///
/// The shared notes about the lead and your own private notes, newest first. Private notes of other users are
/// neither listed nor counted.
#[utoipa::path(
    tag = "notes",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of notes", body = NoteList), GetErrors),
)]
#[get("/leads/{leadId}/notes")]
pub(super) async fn list_lead_notes(
    caller: Caller,
    lead: Id<LeadId>,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let page = caller.scope().lead_notes(*lead).list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&NoteList::from(page))?)
}

/// Add a note to a lead
///
/// A note is Markdown text. A `shared` note is visible to all users of your company, a `private` note only to you. Raw
/// HTML in the text is stored unchanged: remove or sanitize it when you render the text. At most five notes of a
/// lead can be pinned.
#[utoipa::path(
    tag = "notes",
    params(IdempotencyKeyParameter),
    request_body(content = NewNote, description = "The note"),
    responses((status = 201, description = "The note was added", body = Note), CreateChildErrors),
)]
#[post("/leads/{leadId}/notes")]
pub(super) async fn create_lead_note(
    caller: Caller,
    lead: Id<LeadId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewNote>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let note = scope.lead_notes(*lead).create(value.clone()).await?;
        ApiResponse::created(note.id, &note)
    };
    key.once(&caller, "createLeadNote", &fingerprint, create).await
}

/// Read a note of a lead
///
/// A note about the lead. A private note of another user and a note in the trash are not found.
#[utoipa::path(
    tag = "notes",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The note", body = Note), NotModified, GetErrors),
)]
#[get("/leads/{leadId}/notes/{noteId}")]
pub(super) async fn get_lead_note(caller: Caller, lead: Id<LeadId>, id: Id<NoteId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_notes(*lead).get(*id).await?)?)
}

/// Replace a note of a lead
///
/// Replaces every writable field, so every one must be present, with `null` for no value. Only the author can change
/// the visibility. For its author, managers and administrators.
#[utoipa::path(
    tag = "notes",
    params(IfMatchParameter),
    request_body(content = NoteReplacement, description = "All writable fields"),
    responses((status = 200, description = "The note as it is now", body = Note), WriteErrors),
)]
#[put("/leads/{leadId}/notes/{noteId}")]
pub(super) async fn replace_lead_note(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<NoteId>,
    seen: IfMatch,
    body: NoteReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_notes(*lead).replace(*id, body.record, seen.0).await?)?)
}

/// Change a note of a lead
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
#[patch("/leads/{leadId}/notes/{noteId}")]
pub(super) async fn update_lead_note(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<NoteId>,
    seen: IfMatch,
    body: JsonBody<NotePatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_notes(*lead).update(*id, body.value, seen.0).await?)?)
}

/// Delete a note of a lead
///
/// Moves the note to the trash, from which it can be restored. For its author, managers and administrators.
#[utoipa::path(
    tag = "notes",
    params(IfMatchParameter),
    responses((status = 204, description = "The note is in the trash"), ActionErrors),
)]
#[delete("/leads/{leadId}/notes/{noteId}")]
pub(super) async fn delete_lead_note(caller: Caller, lead: Id<LeadId>, id: Id<NoteId>, seen: IfMatch) -> ApiResult {
    caller.scope().lead_notes(*lead).delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore a note of a lead
///
/// Restores a note from the trash. For its author, managers and administrators.
#[utoipa::path(
    tag = "notes",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The note is restored", body = Note), ActionErrors),
)]
#[post("/leads/{leadId}/notes/{noteId}/restore")]
pub(super) async fn restore_lead_note(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<NoteId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let restore = async |scope: &mut crm_core::CompanyScope<'_>| {
        ApiResponse::tagged(&scope.lead_notes(*lead).restore(*id).await?)
    };
    key.once(&caller, "restoreLeadNote", "", restore).await
}
