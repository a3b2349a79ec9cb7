//! The personal data of customers and leads.

use actix_web::{get, post, put};
use crm_core::CompanyScope;
use crm_core::ids::{CustomerId, LeadId};
use crm_core::privacy::{EraseSubject, ErasureCertificate, LegalHold, PersonalData, SetLegalHold};

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::problem::responses::{ActionErrors, GetErrors, WriteErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody};

/// Read the personal data of a customer
///
/// Everything that is known of the customer, in the trash or not, for a person who asks for it: fields, contact points, custom
/// fields, notes, interactions, tasks, deals, links, merges, what was sent with forms, and the history of all of that. The
/// private notes of all users are in it, so look through it before you hand it out. The audit trail tells who has read it.
/// Administrators only.
#[utoipa::path(
    tag = "privacy",
    responses((status = 200, description = "All personal data", body = PersonalData), GetErrors),
)]
#[get("/customers/{customerId}/personal-data")]
pub(super) async fn get_personal_data(caller: Caller, id: Id<CustomerId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().privacy().personal_data(*id).await?)?)
}

/// Erase a customer
///
/// Removes all personal data of the customer for good, with the customers that were merged into it and the lead that it was. The
/// answer is a certificate of what was erased; the audit trail keeps it. Where deals or numbers over leads need the customer, it
/// stays as "Erased customer" without anything that tells who it was; otherwise it is gone. The history keeps its entries
/// without their values. `dryRun` gives the same answer, and changes nothing. Refused under a legal hold (`legal_hold`), and if
/// the host application needs the customer (`erasure_refused`). The reason is kept, so it must not name the customer.
/// Administrators only.
#[utoipa::path(
    tag = "privacy",
    params(IdempotencyKeyParameter),
    request_body(content = EraseSubject, description = "Why"),
    responses((status = 200, description = "What was erased", body = ErasureCertificate), WriteErrors),
)]
#[post("/customers/{customerId}/erase")]
pub(super) async fn erase_customer(
    caller: Caller,
    id: Id<CustomerId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<EraseSubject>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let erase = async |scope: &mut CompanyScope<'_>| ApiResponse::ok(&scope.privacy().erase(*id, value.clone()).await?);
    key.once(&caller, "eraseCustomer", &fingerprint, erase).await
}

/// Read the legal hold of a customer
///
/// Whether the customer is under a legal hold, since when, and why.
#[utoipa::path(
    tag = "privacy",
    responses((status = 200, description = "The legal hold", body = LegalHold), GetErrors),
)]
#[get("/customers/{customerId}/legal-hold")]
pub(super) async fn get_legal_hold(caller: Caller, id: Id<CustomerId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().privacy().legal_hold(*id).await?)?)
}

/// Set the legal hold of a customer
///
/// A customer under a legal hold is neither erased nor purged; the answer to that is 409 (`legal_hold`). Everything else can be
/// done with it. The reason is kept in the audit trail, so it must not name the customer. Administrators only.
#[utoipa::path(
    tag = "privacy",
    request_body(content = SetLegalHold, description = "Whether there is a hold from now on, and why"),
    responses((status = 200, description = "The legal hold as it is now", body = LegalHold), WriteErrors),
)]
#[put("/customers/{customerId}/legal-hold")]
pub(super) async fn set_legal_hold(caller: Caller, id: Id<CustomerId>, body: JsonBody<SetLegalHold>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().privacy().set_legal_hold(*id, body.value).await?)?)
}

/// Read the personal data of a lead
///
/// The same as that of a customer. A converted lead is the customer (`lead_converted`). Administrators only.
#[utoipa::path(
    tag = "privacy",
    responses((status = 200, description = "All personal data", body = PersonalData), ActionErrors),
)]
#[get("/leads/{leadId}/personal-data")]
pub(super) async fn get_lead_personal_data(caller: Caller, id: Id<LeadId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().privacy().personal_data(*id).await?)?)
}

/// Erase a lead
///
/// Removes all personal data of the lead for good, and the lead with it. The answer is a certificate of what was erased. A
/// converted lead is erased with the customer (`lead_converted`). Administrators only.
#[utoipa::path(
    tag = "privacy",
    params(IdempotencyKeyParameter),
    request_body(content = EraseSubject, description = "Why"),
    responses((status = 200, description = "What was erased", body = ErasureCertificate), WriteErrors),
)]
#[post("/leads/{leadId}/erase")]
pub(super) async fn erase_lead(
    caller: Caller,
    id: Id<LeadId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<EraseSubject>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let erase = async |scope: &mut CompanyScope<'_>| ApiResponse::ok(&scope.privacy().erase(*id, value.clone()).await?);
    key.once(&caller, "eraseLead", &fingerprint, erase).await
}
