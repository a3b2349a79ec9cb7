//! Reading and writing interactions.

use actix_web::{delete, get, patch, post, put};
use crm_core::ids::{CustomerId, InteractionId};
use crm_core::interactions::{CompletedInteraction, Completion, Interaction, InteractionPatch, NewInteraction};

use super::parameters::{AllParameters, Filters, ListParameters};
use super::{InteractionList, InteractionReplacement};
use crate::answer::{ApiResponse, ApiResult};
use crate::auth::Caller;
use crate::document::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crate::page::PageParameters;
use crate::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, ReadErrors, WriteErrors};
use crate::request::{Flattened, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List all interactions
///
/// The interactions with all customers whom you see, the latest first. `ownerId=me&overdue=true&sort=occurredAt` is what you
/// should have done by now, `ownerId=me&status=planned&sort=occurredAt` what you have to do.
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
    let page = caller.scope().all_interactions().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&InteractionList::from(page))?)
}

/// List a customer's interactions
///
/// The interactions with the customer, the latest first.
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
    let page = caller.scope().interactions(*customer).list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&InteractionList::from(page))?)
}

/// Add an interaction
///
/// Something that was, or that is planned. Without a `status` it is `planned` if it is scheduled for later, and `completed`
/// else. It is yours unless you say whose it is. Participants are users and customers of your company, by `id`, and anybody
/// else by e-mail address. Raw HTML in `content` is kept as it is: leave it out, or sanitise it, when you render the text.
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
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let interaction = scope.interactions(*customer).create(value.clone()).await?;
        ApiResponse::created(interaction.id, &interaction)
    };
    key.once(&caller, "createInteraction", &fingerprint, create).await
}

/// Read an interaction
///
/// One interaction with the customer. One in the trash is not found.
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
/// Replaces every writable field, so every one must be there, with `null` for no value. For its owner, managers and
/// administrators. What is completed, cancelled or was not kept stays so (`interaction_closed`).
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
    Ok(ApiResponse::tagged(&caller.scope().interactions(*customer).replace(*id, body.0, seen.0).await?)?)
}

/// Change an interaction
///
/// A merge patch (RFC 7396): fields that are absent stay, `null` clears; `metadata` is merged member by member, `participants`
/// are replaced as a whole. For its owner, managers and administrators. What is planned can begin, be put off, be completed,
/// be cancelled or not be kept; what is completed, cancelled or was not kept stays so (`interaction_closed`), and its other
/// fields can be put right.
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
/// Closes what is planned or in progress, says what came of it, and plans what follows, all or nothing. Sent again with the
/// same body it has no second effect and gets the same answer, at any time and with any `If-Match`; with another body it is
/// refused (`already_completed`). What was cancelled or not kept cannot be completed (`interaction_closed`). For its owner,
/// managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = Completion, description = "What came of it, and what follows"),
    responses(
        (status = 200, description = "The interaction as it is now, and the one that follows", body = CompletedInteraction),
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
/// Brings an interaction back from the trash. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The interaction is back", body = Interaction), ActionErrors),
)]
#[post("/customers/{customerId}/interactions/{interactionId}/restore")]
pub(super) async fn restore_interaction(
    caller: Caller,
    customer: Id<CustomerId>,
    id: Id<InteractionId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let restore = async |scope: &mut crm_core::CompanyScope<'_>| {
        ApiResponse::tagged(&scope.interactions(*customer).restore(*id).await?)
    };
    key.once(&caller, "restoreInteraction", "", restore).await
}
