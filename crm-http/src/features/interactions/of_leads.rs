//! The interactions with leads: those that the customer has later.

use actix_web::{delete, get, patch, post, put};
use crm_core::CompanyScope;
use crm_core::ids::{InteractionId, LeadId};
use crm_core::interactions::{CompletedInteraction, Completion, Interaction, InteractionPatch, NewInteraction};

use super::parameters::{Filters, ListParameters};
use super::{InteractionList, InteractionReplacement};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Flattened, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List a lead's interactions
///
/// The interactions with the lead, latest first.
#[utoipa::path(
    tag = "interactions",
    params(Filters, ListParameters, PageParameters),
    responses((status = 200, description = "A page of interactions", body = InteractionList), GetErrors),
)]
#[get("/leads/{leadId}/interactions")]
pub(super) async fn list_lead_interactions(
    caller: Caller,
    lead: Id<LeadId>,
    listing: ListParams<Flattened<Filters, ListParameters>>,
) -> ApiResult {
    let Flattened { shared: filters, own } = listing.query;
    let page = caller.scope().lead_interactions(*lead).list(&own.query(filters)?, &listing.page).await?;
    Ok(ApiResponse::ok(&InteractionList::from(page))?)
}

/// Add an interaction with a lead
///
/// An interaction that took place, or that is planned. Without a `status` it is `planned` if it is scheduled for the
/// future, and `completed` otherwise. Without an `ownerId` you are the owner. Participants are users and customers of
/// your company, by `id`, and other people by e-mail address. Raw HTML in `content` is stored unchanged: remove or
/// sanitize it when you render the text.
#[utoipa::path(
    tag = "interactions",
    params(IdempotencyKeyParameter),
    request_body(content = NewInteraction, description = "The interaction"),
    responses((status = 201, description = "The interaction was added", body = Interaction), CreateChildErrors),
)]
#[post("/leads/{leadId}/interactions")]
pub(super) async fn create_lead_interaction(
    caller: Caller,
    lead: Id<LeadId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewInteraction>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let interaction = scope.lead_interactions(*lead).create(value.clone()).await?;
        ApiResponse::created(interaction.id, &interaction)
    };
    key.once(&caller, "createLeadInteraction", &fingerprint, create).await
}

/// Read an interaction with a lead
///
/// An interaction with the lead. An interaction in the trash is not found.
#[utoipa::path(
    tag = "interactions",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The interaction", body = Interaction), NotModified, GetErrors),
)]
#[get("/leads/{leadId}/interactions/{interactionId}")]
pub(super) async fn get_lead_interaction(caller: Caller, lead: Id<LeadId>, id: Id<InteractionId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_interactions(*lead).get(*id).await?)?)
}

/// Replace an interaction with a lead
///
/// Replaces every writable field, so every one must be present, with `null` for no value. A `completed`, `cancelled` or
/// `no_show` interaction keeps its status (`interaction_closed`). For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = InteractionReplacement, description = "All writable fields"),
    responses((status = 200, description = "The interaction as it is now", body = Interaction), WriteErrors),
)]
#[put("/leads/{leadId}/interactions/{interactionId}")]
pub(super) async fn replace_lead_interaction(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: InteractionReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_interactions(*lead).replace(*id, body.record, seen.0).await?)?)
}

/// Change an interaction with a lead
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; `metadata` is merged member by
/// member, `participants` are replaced as a whole. A planned interaction can be started, rescheduled, completed,
/// cancelled or marked as `no_show`. A closed interaction keeps its status (`interaction_closed`); its other fields can
/// be corrected. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = InteractionPatch, description = "The fields to change"),
    responses((status = 200, description = "The interaction as it is now", body = Interaction), WriteErrors),
)]
#[patch("/leads/{leadId}/interactions/{interactionId}")]
pub(super) async fn update_lead_interaction(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<InteractionPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_interactions(*lead).update(*id, body.value, seen.0).await?)?)
}

/// Complete an interaction with a lead
///
/// Completes a planned or running interaction, records its outcome, and plans the next one, in one transaction. The
/// same request with the same body has no second effect and gets the same answer, at any time and with any `If-Match`;
/// another body is refused (`already_completed`). A cancelled or missed interaction cannot be completed
/// (`interaction_closed`). For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = Completion, description = "The outcome, and the next interaction"),
    responses(
        (status = 200, description = "The completed interaction, and the next one", body = CompletedInteraction,
            headers(("ETag" = String, description = "The version of the completed interaction"))),
        WriteErrors,
    ),
)]
#[patch("/leads/{leadId}/interactions/{interactionId}/complete")]
pub(super) async fn complete_lead_interaction(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<Completion>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_interactions(*lead).complete(*id, body.value, seen.0).await?)?)
}

/// Delete an interaction with a lead
///
/// Moves the interaction to the trash, from which it can be restored. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    responses((status = 204, description = "The interaction is in the trash"), ActionErrors),
)]
#[delete("/leads/{leadId}/interactions/{interactionId}")]
pub(super) async fn delete_lead_interaction(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<InteractionId>,
    seen: IfMatch,
) -> ApiResult {
    caller.scope().lead_interactions(*lead).delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore an interaction with a lead
///
/// Restores an interaction from the trash. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The interaction is restored", body = Interaction), ActionErrors),
)]
#[post("/leads/{leadId}/interactions/{interactionId}/restore")]
pub(super) async fn restore_lead_interaction(
    caller: Caller,
    lead: Id<LeadId>,
    id: Id<InteractionId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let restore =
        async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.lead_interactions(*lead).restore(*id).await?);
    key.once(&caller, "restoreLeadInteraction", "", restore).await
}
