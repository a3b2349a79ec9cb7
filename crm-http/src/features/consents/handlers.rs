//! The consents of customers.

use actix_web::{get, post};
use crm_core::consents::{Consent, CurrentConsents, MayContact, NewConsent};
use crm_core::ids::{ConsentId, CustomerId};

use super::ConsentList;
use super::parameters::{ListParameters, MayContactParameters};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::{IdempotencyKeyParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::PageParameters;
use crm_web::problem::responses::{CreateChildErrors, GetErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody, ListParams, Query};

/// List a customer's consents
///
/// The ledger: everything that the customer has agreed to or not, the latest first. What holds now is in
/// `…/consents/current`.
#[utoipa::path(
    tag = "consents",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of the ledger", body = ConsentList), GetErrors),
)]
#[get("/customers/{customerId}/consents")]
pub(super) async fn list_consents(
    caller: Caller,
    customer: Id<CustomerId>,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let page = caller.scope().consents(*customer).list(&listing.query.query()?, &listing.page).await?;
    Ok(ApiResponse::ok(&ConsentList::from(page))?)
}

/// Record a consent
///
/// Adds an entry to the ledger: what the customer has agreed to, denied or withdrawn, for a purpose on a channel, with what
/// proves it. Entries are never changed and never deleted; a withdrawal is another entry. What was obtained last holds. For
/// everybody who may write.
#[utoipa::path(
    tag = "consents",
    params(IdempotencyKeyParameter),
    request_body(content = NewConsent, description = "What the customer has said"),
    responses((status = 201, description = "The entry was added", body = Consent), CreateChildErrors),
)]
#[post("/customers/{customerId}/consents")]
pub(super) async fn create_consent(
    caller: Caller,
    customer: Id<CustomerId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<NewConsent>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let create = async |scope: &mut crm_core::CompanyScope<'_>| {
        let consent = scope.consents(*customer).create(value.clone()).await?;
        ApiResponse::created(consent.id, &consent)
    };
    key.once(&caller, "createConsent", &fingerprint, create).await
}

/// Read what a customer agrees to
///
/// What holds now: of each purpose on each channel the entry that was obtained last, and what it means now. An entry whose time
/// is over is `expired`.
#[utoipa::path(
    tag = "consents",
    responses((status = 200, description = "What holds now", body = CurrentConsents), GetErrors),
)]
#[get("/customers/{customerId}/consents/current")]
pub(super) async fn get_current_consents(caller: Caller, customer: Id<CustomerId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().consents(*customer).current().await?)?)
}

/// Read a consent
///
/// One entry of the ledger.
#[utoipa::path(
    tag = "consents",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The entry", body = Consent), NotModified, GetErrors),
)]
#[get("/customers/{customerId}/consents/{consentId}")]
pub(super) async fn get_consent(caller: Caller, customer: Id<CustomerId>, id: Id<ConsentId>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().consents(*customer).get(*id).await?)?)
}

/// Ask whether a customer may be contacted
///
/// Whether the customer may be contacted for a purpose on a channel, and all reasons why not. Without a consent in the ledger the
/// answer is no. The do-not-contact list wins over every consent; so do addresses and numbers that are opted out or invalid, and
/// `doNotCall` and `doNotEmail` of the lead that the customer was. If the answer is yes, only the `contactPoints` that are allowed
/// may be used.
#[utoipa::path(
    tag = "consents",
    params(MayContactParameters),
    responses((status = 200, description = "Whether they may be contacted", body = MayContact), GetErrors),
)]
#[get("/customers/{customerId}/may-contact")]
pub(super) async fn get_may_contact(
    caller: Caller,
    customer: Id<CustomerId>,
    parameters: Query<MayContactParameters>,
) -> ApiResult {
    let MayContactParameters { purpose, channel } = parameters.0;
    Ok(ApiResponse::ok(&caller.scope().consents(*customer).may_contact(&purpose, channel).await?)?)
}
