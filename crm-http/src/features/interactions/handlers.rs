//! Reading and writing interactions.

use actix_web::{delete, get, patch, post, put};
use crm_core::CompanyScope;
use crm_core::ids::{CustomerId, InteractionId};
use crm_core::interactions::{CompletedInteraction, Completion, Interaction, InteractionPatch, NewInteraction};

use super::parameters::{AllParameters, Filters, ListParameters};
use super::{InteractionList, InteractionReplacement};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{Flattened, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List all interactions
///
/// The interactions with all customers that you may see, latest first. `ownerId=me&overdue=true&sort=occurredAt` lists
/// your overdue interactions, `ownerId=me&status=planned&sort=occurredAt` your planned ones.
#[utoipa::path(
    tag = "interactions",
    params(Filters, AllParameters, PageParameters),
    responses((status = 200, description = "A page of interactions", body = InteractionList), ReadErrors),
)]
#[get("/interactions")]
pub(super) async fn list_all_interactions(
    caller: Caller,
    listing: ListParams<Flattened<Filters, AllParameters>>,
) -> ApiResult {
    let Flattened { shared: filters, own } = listing.query;
    let page = caller.scope().all_interactions().list(&own.query(filters)?, &listing.page).await?;
    Ok(ApiResponse::ok(&InteractionList::from(page))?)
}

/// List a customer's interactions
///
/// The interactions with the customer, latest first.
#[utoipa::path(
    tag = "interactions",
    params(Filters, ListParameters, PageParameters),
    responses((status = 200, description = "A page of interactions", body = InteractionList), GetErrors),
)]
#[get("/customers/{customerId}/interactions")]
pub(super) async fn list_interactions(
    caller: Caller,
    customer: Id<CustomerId>,
    listing: ListParams<Flattened<Filters, ListParameters>>,
) -> ApiResult {
    let Flattened { shared: filters, own } = listing.query;
    let page = caller.scope().interactions(*customer).list(&own.query(filters)?, &listing.page).await?;
    Ok(ApiResponse::ok(&InteractionList::from(page))?)
}

/// Add an interaction
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
#[post("/customers/{customerId}/interactions")]
pub(super) async fn create_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewInteraction>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let interaction = scope.interactions(*customer).create(value.clone()).await?;
        ApiResponse::created(interaction.id, &interaction)
    };
    key.once(&caller, "createInteraction", &fingerprint, create).await
}

/// Read an interaction
///
/// An interaction with the customer. An interaction in the trash is not found.
#[utoipa::path(
    tag = "interactions",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The interaction", body = Interaction), NotModified, GetErrors),
)]
#[get("/customers/{customerId}/interactions/{interactionId}")]
pub(super) async fn get_interaction(caller: Caller, customer: Id<CustomerId>, id: Id<InteractionId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().interactions(*customer).get(*id).await?)?)
}

/// Replace an interaction
///
/// Replaces every writable field, so every one must be present, with `null` for no value. A `completed`, `cancelled` or
/// `no_show` interaction keeps its status (`interaction_closed`). For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = InteractionReplacement, description = "All writable fields"),
    responses((status = 200, description = "The interaction as it is now", body = Interaction), WriteErrors),
)]
#[put("/customers/{customerId}/interactions/{interactionId}")]
pub(super) async fn replace_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: InteractionReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().interactions(*customer).replace(*id, body.record, seen.0).await?)?)
}

/// Change an interaction
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
#[patch("/customers/{customerId}/interactions/{interactionId}")]
pub(super) async fn update_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<InteractionPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().interactions(*customer).update(*id, body.value, seen.0).await?)?)
}

/// Complete an interaction
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
#[patch("/customers/{customerId}/interactions/{interactionId}/complete")]
pub(super) async fn complete_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<Completion>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().interactions(*customer).complete(*id, body.value, seen.0).await?)?)
}

/// Delete an interaction
///
/// Moves the interaction to the trash, from which it can be restored. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    responses((status = 204, description = "The interaction is in the trash"), ActionErrors),
)]
#[delete("/customers/{customerId}/interactions/{interactionId}")]
pub(super) async fn delete_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<InteractionId>,
    seen: IfMatch,
) -> ApiResult {
    caller.scope().interactions(*customer).delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore an interaction
///
/// Restores an interaction from the trash. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The interaction is restored", body = Interaction), ActionErrors),
)]
#[post("/customers/{customerId}/interactions/{interactionId}/restore")]
pub(super) async fn restore_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<InteractionId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let restore =
        async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.interactions(*customer).restore(*id).await?);
    key.once(&caller, "restoreInteraction", "", restore).await
}
