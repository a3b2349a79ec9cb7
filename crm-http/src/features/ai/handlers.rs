//! Reading, correcting and renewing what a language model has made.

use actix_web::{delete, get, patch, post};
use crm_core::CompanyScope;
use crm_core::ai::{AiUsage, InteractionAi, InteractionAiPatch};
use crm_core::ids::InteractionId;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::problem::responses::{ActionErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody};

/// Read the summary of an interaction
///
/// The summary, the suggested reply and the mood that a language model has made of the interaction, or why there are
/// none. It is also the member `ai` of the interaction. Its `version` and its ETag are its own.
#[utoipa::path(
    tag = "ai",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The summary", body = InteractionAi), NotModified, GetErrors),
)]
#[get("/interactions/{interactionId}/ai")]
pub(super) async fn get_interaction_ai(caller: Caller, id: Id<InteractionId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().ai().get(*id).await?)?)
}

/// Summarize an interaction anew
///
/// Has the summary and the suggested reply made anew, after the answer; they replace corrections too. 422 if the
/// interaction has no content (`content_missing`), or if no language model is switched on (`no_language_model`,
/// `switched_off`, `consent_missing`). For those who may change the interaction.
#[utoipa::path(
    tag = "ai",
    params(IdempotencyKeyParameter),
    responses((status = 202, description = "The summary will be made", body = InteractionAi), ActionErrors),
)]
#[post("/interactions/{interactionId}/ai")]
pub(super) async fn request_interaction_ai(
    caller: Caller,
    id: Id<InteractionId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let request = async |scope: &mut CompanyScope<'_>| ApiResponse::accepted(&scope.ai().request(*id).await?);
    key.once(&caller, "requestInteractionAi", "", request).await
}

/// Correct the summary of an interaction
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` discards a text. A corrected text is kept when the
/// interaction changes, and then `isOutdated`. `If-Match` takes the ETag of the summary, not of the interaction, whose
/// version stays the same. For those who may change the interaction.
#[utoipa::path(
    tag = "ai",
    params(IfMatchParameter),
    request_body(content = InteractionAiPatch, description = "The fields to change"),
    responses((status = 200, description = "The summary as it is now", body = InteractionAi), WriteErrors),
)]
#[patch("/interactions/{interactionId}/ai")]
pub(super) async fn update_interaction_ai(
    caller: Caller,
    id: Id<InteractionId>,
    seen: IfMatch,
    body: JsonBody<InteractionAiPatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().ai().correct(*id, body.value, seen.0).await?)?)
}

/// Discard the summary of an interaction
///
/// Discards the summary and the suggested reply. They are made again when the interaction changes, or on request. For
/// those who may change the interaction.
#[utoipa::path(
    tag = "ai",
    params(IfMatchParameter),
    responses((status = 204, description = "The summary is discarded"), ActionErrors),
)]
#[delete("/interactions/{interactionId}/ai")]
pub(super) async fn discard_interaction_ai(caller: Caller, id: Id<InteractionId>, seen: IfMatch) -> ApiResult {
    caller.scope().ai().discard(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Read the use of the language model
///
/// The tokens that your company has used today and in the last 30 days, and those that it may use in a day. When they
/// are used up, interactions wait for the next day of the company's time zone. Administrators only.
#[utoipa::path(
    tag = "ai",
    responses((status = 200, description = "The use of the language model", body = AiUsage), ReadErrors),
)]
#[get("/ai/usage")]
pub(super) async fn get_ai_usage(caller: Caller) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().ai().usage().await?)?)
}
