//! The consents of leads: those that the customer has later.

use actix_web::{get, post};
use crm_core::consents::{Consent, CurrentConsents, MayContact, NewConsent};
use crm_core::ids::{ConsentId, LeadId};

use super::ConsentList;
use super::parameters::{ListParameters, MayContactParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{CreateChildErrors, GetErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody, ListParams, Query};

/// List a lead's consents
///
/// The ledger: everything that the lead has agreed to or not, the latest first. What holds now is in `…/consents/current`.
#[utoipa::path(
    tag = "consents",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of the ledger", body = ConsentList), GetErrors),
)]
#[get("/leads/{leadId}/consents")]
pub(super) async fn list_lead_consents(
    caller: Caller,
    lead: Id<LeadId>,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let page = caller.scope().lead_consents(*lead).list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&ConsentList::from(page))?)
}

/// Record a consent of a lead
///
/// Adds an entry to the ledger: what the lead has agreed to, denied or withdrawn, for a purpose on a channel, with what proves it.
/// Entries are never changed and never deleted; a withdrawal is another entry. What was obtained last holds. The ledger is the
/// customer's after a conversion. For everybody who may write.
#[utoipa::path(
    tag = "consents",
    params(IdempotencyKeyParameter),
    request_body(content = NewConsent, description = "What the lead has said"),
    responses((status = 201, description = "The entry was added", body = Consent), CreateChildErrors),
)]
#[post("/leads/{leadId}/consents")]
pub(super) async fn create_lead_consent(
    caller: Caller,
    lead: Id<LeadId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewConsent>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let consent = scope.lead_consents(*lead).create(value.clone()).await?;
        ApiResponse::created(consent.id, &consent)
    };
    key.once(&caller, "createLeadConsent", &fingerprint, create).await
}

/// Read what a lead agrees to
///
/// What holds now: of each purpose on each channel the entry that was obtained last, and what it means now. An entry whose time
/// is over is `expired`.
#[utoipa::path(
    tag = "consents",
    responses((status = 200, description = "What holds now", body = CurrentConsents), GetErrors),
)]
#[get("/leads/{leadId}/consents/current")]
pub(super) async fn get_current_lead_consents(caller: Caller, lead: Id<LeadId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().lead_consents(*lead).current().await?)?)
}

/// Read a consent of a lead
///
/// One entry of the ledger.
#[utoipa::path(
    tag = "consents",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The entry", body = Consent), NotModified, GetErrors),
)]
#[get("/leads/{leadId}/consents/{consentId}")]
pub(super) async fn get_lead_consent(caller: Caller, lead: Id<LeadId>, id: Id<ConsentId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().lead_consents(*lead).get(*id).await?)?)
}

/// Ask whether a lead may be contacted
///
/// Whether the lead may be contacted for a purpose on a channel, and all reasons why not. Without a consent in the ledger the
/// answer is no. The do-not-contact list wins over every consent; so do addresses and numbers that are opted out or invalid, and
/// `doNotCall` and `doNotEmail` of the lead. If the answer is yes, only the `contactPoints` that are allowed may be used.
#[utoipa::path(
    tag = "consents",
    params(MayContactParameters),
    responses((status = 200, description = "Whether they may be contacted", body = MayContact), GetErrors),
)]
#[get("/leads/{leadId}/may-contact")]
pub(super) async fn get_may_contact_lead(
    caller: Caller,
    lead: Id<LeadId>,
    parameters: Query<MayContactParameters>,
) -> ApiResult {
    let MayContactParameters { purpose, channel } = parameters.0;
    Ok(ApiResponse::ok(&caller.scope().lead_consents(*lead).may_contact(&purpose, channel).await?)?)
}
