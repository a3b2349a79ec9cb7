//! Giving leads to users, converting them, and taking that back.

use actix_web::post;
use crm_core::CompanyScope;
use crm_core::ids::LeadId;
use crm_core::leads::{
    AssignLead, AssignLeads, AssignedLeads, ConvertLead, ConvertLeads, ConvertedLead, ConvertedLeads, Lead, WrittenLead,
};

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfMatchParameter};
use crm_web::problem::ApiError;
use crm_web::problem::responses::{ActionErrors, QueryErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, IfMatch, JsonBody, OptionalBody};

/// Assign leads
///
/// Gives up to 500 leads to a user, or to nobody, in one transaction. Each lead has its outcome: `assigned`, `unchanged`,
/// `not_found`, `forbidden` or `converted`; those that cannot be given are left as they are. For the owners of the leads,
/// managers and administrators; sales reps give leads to nobody but themselves.
#[utoipa::path(
    tag = "leads",
    params(IdempotencyKeyParameter),
    request_body(content = AssignLeads, description = "The leads and the user"),
    responses((status = 200, description = "What became of each lead", body = AssignedLeads), WriteErrors),
)]
#[post("/leads/assign")]
pub(super) async fn assign_leads(caller: Caller, key: IdempotencyKeyHeader, body: JsonBody<AssignLeads>) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let assign = async |scope: &mut CompanyScope<'_>| ApiResponse::ok(&scope.leads().assign_all(value.clone()).await?);
    key.once(&caller, "assignLeads", &fingerprint, assign).await
}

/// Assign a lead
///
/// Gives the lead to a user, or to nobody; the same as changing its `ownerId`. `assignedAt` tells when that was. With `byRules`
/// the assignment rules of your company choose the user, and `assignedByRule` tells which one did; if none does, the lead stays
/// as it is. With `explain` the answer has what each active rule says, and why its users were chosen or not; with `dryRun`
/// nothing is changed. For its owner, managers and administrators.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter, IdempotencyKeyParameter),
    request_body(content = AssignLead, description = "The user, or who chooses"),
    responses((status = 200, description = "The lead as it is now", body = WrittenLead), WriteErrors),
)]
#[post("/leads/{leadId}/assign")]
pub(super) async fn assign_lead(
    caller: Caller,
    id: Id<LeadId>,
    seen: IfMatch,
    key: IdempotencyKeyHeader,
    body: JsonBody<AssignLead>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let assign =
        async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.leads().assign_by(*id, value, seen.0).await?);
    key.once(&caller, "assignLead", &fingerprint, assign).await
}

/// Convert leads
///
/// Makes up to 100 leads new customers, each in a transaction of its own, so that one that cannot be converted holds up no
/// other. Each lead has its outcome: `converted`, `already_converted`, `not_found`, `forbidden`, or `conflict` with the
/// `problem`. A request can be repeated: it goes on where it was interrupted. Needs the right to change the leads, and to add
/// customers.
#[utoipa::path(
    tag = "leads",
    request_body(content = ConvertLeads, description = "The leads"),
    responses((status = 200, description = "What became of each lead", body = ConvertedLeads), QueryErrors),
)]
#[post("/leads/convert")]
pub(super) async fn convert_leads(caller: Caller, body: JsonBody<ConvertLeads>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().leads().convert_all(body.value).await?)?)
}

/// Convert a lead
///
/// Makes the lead a customer, with its notes, interactions, tasks and tags, in one transaction. Without a `customerId` it is a
/// new customer with the id of the lead, who needs what your company requires of customers; with one, the lead is merged into
/// that customer, and its id leads there. A person can be linked with an organization that is there or is added, and a `deal`
/// can be added, or one that is there gets the customer as a contact (`dealId`). `dryRun` tells what would come of it, who the
/// customer may be the same as, and which organizations may be theirs. A second request gets what the
/// first one did, whatever it asks. Within 30 days a conversion can be taken back. Needs the right to change the lead, and to
/// add customers or to change the one who is there.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter, IdempotencyKeyParameter),
    request_body(content = Option<ConvertLead>, description = "What it becomes; a new customer if there is no body"),
    responses(
        (status = 200, description = "What the lead is now", body = ConvertedLead,
            headers(("ETag" = String, description = "The version of the lead"))),
        WriteErrors,
    ),
)]
#[post("/leads/{leadId}/convert")]
pub(super) async fn convert_lead(
    caller: Caller,
    id: Id<LeadId>,
    seen: IfMatch,
    key: IdempotencyKeyHeader,
    body: OptionalBody<ConvertLead>,
) -> ApiResult {
    let how = body.0.unwrap_or_default();
    let fingerprint = serde_json::to_string(&how).map_err(ApiError::internal)?;
    let convert = async |scope: &mut CompanyScope<'_>| {
        ApiResponse::tagged(&scope.leads().convert(*id, how.clone(), seen.0).await?)
    };
    key.once(&caller, "convertLead", &fingerprint, convert).await
}

/// Take back the conversion of a lead
///
/// Within 30 days. The customer is a lead again, or the lead comes out of the customer that it was merged into, with the
/// records that came with it. What was changed since stays, so does an organization that was added; a deal that was added goes
/// to the trash, and the customer is no longer a contact of one that was there. Refused if the customer has other deals, is in the trash, or was merged with others since
/// (`lead_conversion_continued`). Needs the right to restore leads, and to delete the customer or to change the one who was
/// there before.
#[utoipa::path(
    tag = "leads",
    params(IfMatchParameter, IdempotencyKeyParameter),
    responses((status = 200, description = "The lead as it is now", body = Lead), ActionErrors),
)]
#[post("/leads/{leadId}/convert/undo")]
pub(super) async fn undo_lead_conversion(
    caller: Caller,
    id: Id<LeadId>,
    seen: IfMatch,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let undo = async |scope: &mut CompanyScope<'_>| ApiResponse::tagged(&scope.leads().revert(*id, seen.0).await?);
    key.once(&caller, "undoLeadConversion", "", undo).await
}
