//! Interactions by their own ids: the same rules as below a customer, without the customer in the path.

use actix_web::{delete, get, patch, post, put};
use crm_core::CompanyScope;
use crm_core::ids::{CustomerId, InteractionId};
use crm_core::interactions::{CompletedInteraction, Completion, Interaction, InteractionPatch};

use super::{InteractionReplacement, NewInteractionOfCustomer};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, WriteErrors};
use crm_web::request::{Caller, ChildBody, Id, IdempotencyKeyHeader, IfMatch, JsonBody};

/// Add an interaction with any customer
///
/// The same as adding an interaction below a customer, with the customer in the body. A customer that does not exist,
/// or that you may not see, is a 422 (`customer_unknown`).
#[utoipa::path(
    tag = "interactions",
    params(IdempotencyKeyParameter),
    request_body(content = NewInteractionOfCustomer, description = "The interaction, and the customer"),
    responses((status = 201, description = "The interaction was added", body = Interaction), CreateErrors),
)]
#[post("/interactions")]
pub(super) async fn create_any_interaction(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: NewInteractionOfCustomer,
) -> ApiResult {
    let ChildBody { parent, value, fingerprint } = body;
    let customer: CustomerId = parent;
    let create = async |scope: &mut CompanyScope<'_>| {
        let interaction = scope.all_interactions().create(customer, value.clone()).await?;
        ApiResponse::created(interaction.id, &interaction)
    };
    key.once(&caller, "createAnyInteraction", &fingerprint, create).await
}

/// Read an interaction by its id
///
/// An interaction with any customer that you may see. An interaction in the trash is not found.
#[utoipa::path(
    tag = "interactions",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The interaction", body = Interaction), NotModified, GetErrors),
)]
#[get("/interactions/{interactionId}")]
pub(super) async fn get_any_interaction(caller: Caller, id: Id<InteractionId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().all_interactions().get(*id).await?)?)
}

/// Replace an interaction by its id
///
/// The same as replacing an interaction below its customer: every writable field must be present, with `null` for no
/// value. The customer stays the same; `customerId` is ignored.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = InteractionReplacement, description = "All writable fields"),
    responses((status = 200, description = "The interaction as it is now", body = Interaction), WriteErrors),
)]
#[put("/interactions/{interactionId}")]
pub(super) async fn replace_any_interaction(
    caller: Caller,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: InteractionReplacement,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().all_interactions().replace(*id, body.record, seen.0).await?)?)
}

/// Change an interaction by its id
///
/// The same as changing an interaction below its customer: a merge patch (RFC 7396). A closed interaction keeps its
/// status (`interaction_closed`). For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    request_body(content = InteractionPatch, description = "The fields to change"),
    responses((status = 200, description = "The interaction as it is now", body = Interaction), WriteErrors),
)]
#[patch("/interactions/{interactionId}")]
pub(super) async fn update_any_interaction(
    caller: Caller,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<InteractionPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().all_interactions().update(*id, body.value, seen.0).await?)?)
}

/// Complete an interaction by its id
///
/// The same as completing an interaction below its customer: it records the outcome and plans the next interaction. The
/// same request has no second effect; another body is refused (`already_completed`).
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
#[patch("/interactions/{interactionId}/complete")]
pub(super) async fn complete_any_interaction(
    caller: Caller,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<Completion>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().all_interactions().complete(*id, body.value, seen.0).await?)?)
}

/// Delete an interaction by its id
///
/// Moves the interaction to the trash, from which it can be restored. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IfMatchParameter),
    responses((status = 204, description = "The interaction is in the trash"), ActionErrors),
)]
#[delete("/interactions/{interactionId}")]
pub(super) async fn delete_any_interaction(caller: Caller, id: Id<InteractionId>, seen: IfMatch) -> ApiResult {
    caller.scope().all_interactions().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Restore an interaction by its id
///
/// Restores an interaction from the trash. For its owner, managers and administrators.
#[utoipa::path(
    tag = "interactions",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The interaction is restored", body = Interaction), ActionErrors),
)]
#[post("/interactions/{interactionId}/restore")]
pub(super) async fn restore_any_interaction(
    caller: Caller,
    id: Id<InteractionId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let restore =
        async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.all_interactions().restore(*id).await?);
    key.once(&caller, "restoreAnyInteraction", "", restore).await
}
