//! Reading and writing the rules by which leads are assigned.

use actix_web::{delete, get, patch, post};
use crm_core::CompanyScope;
use crm_core::ids::LeadAssignmentRuleId;
use crm_core::lead_assignment_rules::{LeadAssignmentRule, LeadAssignmentRulePatch, NewLeadAssignmentRule};

use super::LeadAssignmentRuleList;
use super::parameters::ListParameters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams};

/// List the assignment rules of leads
///
/// The rules by which your company's leads are assigned, in the order in which they are asked.
#[utoipa::path(
    tag = "lead-assignment-rules",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of rules", body = LeadAssignmentRuleList), ReadErrors),
)]
#[get("/lead-assignment-rules")]
pub(super) async fn list_lead_assignment_rules(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let page = caller.scope().lead_assignment_rules().list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&LeadAssignmentRuleList::from(page))?)
}

/// Add an assignment rule of leads
///
/// The first active rule whose `condition` a new lead without an owner meets, and that has a user for it, assigns the lead. The
/// `strategy` says who: the one of `userIds` (`fixed`), each of them in turn (`round_robin`), the one with the fewest open
/// leads (`least_loaded`), or the one that goes with the value of a `field` (`by_field`, with `fieldUsers`). Inactive users,
/// and those with as many open leads as `capacity`, are passed over. A company has at most 50. For managers and
/// administrators.
#[utoipa::path(
    tag = "lead-assignment-rules",
    params(IdempotencyKeyParameter),
    request_body(content = NewLeadAssignmentRule, description = "The rule"),
    responses((status = 201, description = "The rule was added", body = LeadAssignmentRule), CreateErrors),
)]
#[post("/lead-assignment-rules")]
pub(super) async fn create_lead_assignment_rule(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewLeadAssignmentRule>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut CompanyScope<'_>| {
        let rule = scope.lead_assignment_rules().create(value.clone()).await?;
        ApiResponse::created(rule.id, &rule)
    };
    key.once(&caller, "createLeadAssignmentRule", &fingerprint, create).await
}

/// Read an assignment rule of leads
///
/// One rule, active or not.
#[utoipa::path(
    tag = "lead-assignment-rules",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The rule", body = LeadAssignmentRule), NotModified, GetErrors),
)]
#[get("/lead-assignment-rules/{leadAssignmentRuleId}")]
pub(super) async fn get_lead_assignment_rule(caller: Caller, id: Id<LeadAssignmentRuleId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_assignment_rules().get(*id).await?)?)
}

/// Change an assignment rule of leads
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` clears a field; the condition and the lists are replaced as a
/// whole. The order of the rules is that of their `position`. Leads that are assigned stay so. For managers and administrators.
#[utoipa::path(
    tag = "lead-assignment-rules",
    params(IfMatchParameter),
    request_body(content = LeadAssignmentRulePatch, description = "The fields to change"),
    responses((status = 200, description = "The rule as it is now", body = LeadAssignmentRule), WriteErrors),
)]
#[patch("/lead-assignment-rules/{leadAssignmentRuleId}")]
pub(super) async fn update_lead_assignment_rule(
    caller: Caller,
    id: Id<LeadAssignmentRuleId>,
    seen: IfMatch,
    body: JsonBody<LeadAssignmentRulePatch>,
) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_assignment_rules().update(*id, body.value, seen.0).await?)?)
}

/// Delete an assignment rule of leads
///
/// Deletes the rule permanently. Leads that it has assigned keep their owners. For managers and administrators.
#[utoipa::path(
    tag = "lead-assignment-rules",
    params(IfMatchParameter),
    responses((status = 204, description = "The rule is deleted"), ActionErrors),
)]
#[delete("/lead-assignment-rules/{leadAssignmentRuleId}")]
pub(super) async fn delete_lead_assignment_rule(
    caller: Caller,
    id: Id<LeadAssignmentRuleId>,
    seen: IfMatch,
) -> ApiResult {
    caller.scope().lead_assignment_rules().delete(*id, seen.0).await?;
    Ok(ApiResponse::no_content())
}
