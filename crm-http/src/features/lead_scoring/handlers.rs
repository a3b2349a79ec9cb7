//! The rules by which leads are scored, what was learned, and the score of a lead.

use actix_web::{delete, get, patch, post};
use crm_core::CompanyScope;
use crm_core::ids::{LeadId, LeadScoringRuleId};
use crm_core::jobs::Job;
use crm_core::lead_scoring::{
    LeadScore, LeadScoringModel, LeadScoringQuality, LeadScoringRule, LeadScoringRulePatch, NewLeadScoringRule,
};

use super::LeadScoringRuleList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List the rules for scores
///
/// The rules by which your company's leads are scored, by their place.
#[utoipa::path(
    tag = "lead-scoring",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of rules", body = LeadScoringRuleList), ReadErrors),
)]
#[get("/lead-scoring/rules")]
pub(super) async fn list_lead_scoring_rules(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().lead_scoring().list_rules(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&LeadScoringRuleList::from(page))?)
}

/// Add a rule for scores
///
/// Leads that meet the `condition`, a filter as in the list of leads, get the `points`. With `decayDays` they decay day by day
/// after the last completed interaction, or after the day on which the lead was added. A job scores all leads by the new rule.
/// A company has at most 50. For managers and administrators.
#[utoipa::path(
    tag = "lead-scoring",
    params(IdempotencyKeyParameter),
    request_body(content = NewLeadScoringRule, description = "The rule"),
    responses((status = 201, description = "The rule was added", body = LeadScoringRule), CreateErrors),
)]
#[post("/lead-scoring/rules")]
pub(super) async fn create_lead_scoring_rule(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewLeadScoringRule>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let rule = scope.lead_scoring().create_rule(value.clone()).await?;
        ApiResponse::created(rule.id, &rule)
    };
    key.once(&caller, "createLeadScoringRule", &fingerprint, create).await
}

/// Read a rule for scores
///
/// One rule, whether it counts or not.
#[utoipa::path(
    tag = "lead-scoring",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The rule", body = LeadScoringRule), NotModified, GetErrors),
)]
#[get("/lead-scoring/rules/{leadScoringRuleId}")]
pub(super) async fn get_lead_scoring_rule(caller: Caller, id: Id<LeadScoringRuleId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_scoring().get_rule(*id).await?)?)
}

/// Change a rule for scores
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; the condition is replaced as a whole. A job
/// scores all leads anew, if the change matters. For managers and administrators.
#[utoipa::path(
    tag = "lead-scoring",
    params(IfMatchParameter),
    request_body(content = LeadScoringRulePatch, description = "The fields to change"),
    responses((status = 200, description = "The rule as it is now", body = LeadScoringRule), WriteErrors),
)]
#[patch("/lead-scoring/rules/{leadScoringRuleId}")]
pub(super) async fn update_lead_scoring_rule(
    caller: Caller,
    id: Id<LeadScoringRuleId>,
    seen: IfMatch,
    body: JsonBody<LeadScoringRulePatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_scoring().update_rule(*id, body.value, seen.0).await?)?)
}

/// Delete a rule for scores
///
/// Deletes the rule permanently. A job scores all leads anew, if it counted. For managers and administrators.
#[utoipa::path(
    tag = "lead-scoring",
    params(IfMatchParameter),
    responses((status = 204, description = "The rule is deleted"), ActionErrors),
)]
#[delete("/lead-scoring/rules/{leadScoringRuleId}")]
pub(super) async fn delete_lead_scoring_rule(caller: Caller, id: Id<LeadScoringRuleId>, seen: IfMatch) -> ApiResult {
    caller.scope().lead_scoring().delete_rule(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}

/// Read what was learned
///
/// What your company has learned from its own won and lost leads: for each value of each feature, what it adds to a score, and
/// how many won and lost leads had it. Ten points are twice the odds. Until there are enough leads of both kinds it is not
/// ready, and only rules count. Names, salutations, birth dates, languages, addresses, texts, tags and custom fields are never
/// learned from, nor are values that fewer than five leads have.
#[utoipa::path(
    tag = "lead-scoring",
    responses((status = 200, description = "The model", body = LeadScoringModel), ReadErrors),
)]
#[get("/lead-scoring/model")]
pub(super) async fn get_lead_scoring_model(caller: Caller) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().lead_scoring().model().await?)?)
}

/// Read how good the scores are
///
/// On a fifth of the won and lost leads, which was held out when the model was built: how likely a won lead has a higher score
/// than a lost one (`auc`, 0.5 is chance), and for ten ranges of scores what was predicted and what was observed. Rules have no
/// part in it.
#[utoipa::path(
    tag = "lead-scoring",
    responses((status = 200, description = "How good the model is", body = LeadScoringQuality), ReadErrors),
)]
#[get("/lead-scoring/quality")]
pub(super) async fn get_lead_scoring_quality(caller: Caller) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().lead_scoring().quality().await?)?)
}

/// Learn anew
///
/// Starts a job that learns from your company's won and lost leads, and scores all leads. It does so each night as well, from the
/// first rule or the first such request on. If one that was started so is waiting or running, that job is returned. Managers and
/// administrators only.
#[utoipa::path(
    tag = "lead-scoring",
    params(IdempotencyKeyParameter),
    responses((status = 202, description = "The job that learns", body = Job), ActionErrors),
)]
#[post("/lead-scoring/rebuild")]
pub(super) async fn rebuild_lead_scoring(caller: Caller, key: IdempotencyKeyHeader) -> ApiResult {
    let rebuild = async |scope: &mut CompanyScope<'_>| ApiResponse::accepted(&scope.lead_scoring().rebuild().await?);
    key.once(&caller, "rebuildLeadScoring", "", rebuild).await
}

/// Read why a lead has its score
///
/// The score as it is computed now, and the terms that add up to it: how often your company's leads are won at all, what the lead
/// has in common with them, the rules that it meets, and what is cut off below 0 and above 100. The same lead always has the same
/// score. What lists show is stored, and follows changes of rules and the age of activities by a job.
#[utoipa::path(
    tag = "lead-scoring",
    responses((status = 200, description = "The score with its terms", body = LeadScore), GetErrors),
)]
#[get("/leads/{leadId}/score")]
pub(super) async fn get_lead_score(caller: Caller, id: Id<LeadId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().leads().score(*id).await?)?)
}
