//! The audit trail.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use crm_core::audit::{AuditChainState, AuditEntry, AuditQuery, Outcome};
use crm_core::ids::UserId;
use crm_core::jobs::Job;
use crm_core::{CompanyScope, Kind};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::{ActionErrors, ReadErrors};
use crm_web::request::{Caller, IdempotencyKeyHeader, ListParams};

/// A page of the audit trail.
pub type AuditEntryList = List<AuditEntry>;

/// Which audit entries to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditParameters {
    /// Only entries about this record.
    #[param(nullable = false)]
    entity_id: Option<Uuid>,
    /// Only entries about records of this kind.
    #[param(inline, nullable = false)]
    entity: Option<Kind>,
    /// Only actions of this user or service.
    #[param(nullable = false)]
    actor_id: Option<UserId>,
    /// Only this action: `created`, `updated`, `exported`, …
    #[param(nullable = false)]
    action: Option<String>,
    /// Only actions with this outcome.
    #[param(inline, nullable = false)]
    outcome: Option<Outcome>,
    /// Only actions at this time or later.
    #[param(nullable = false)]
    since: Option<DateTime<Utc>>,
    /// Only actions before this time.
    #[param(nullable = false)]
    until: Option<DateTime<Utc>>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit).service(get_audit_chain).service(verify_audit);
}

/// Read the audit trail
///
/// The entries of the audit trail, newest first: who did what to which record, and which requests were refused. Entries
/// hold no personal data of the people in the records; field values appear only as keyed digests. Reading the audit trail is audited too.
/// Administrators only.
#[utoipa::path(
    tag = "audit",
    operation_id = "listAuditEntries",
    params(PageParameters, AuditParameters),
    responses((status = 200, description = "A page of the audit trail", body = AuditEntryList), ReadErrors),
)]
#[get("/audit")]
async fn list_audit(caller: Caller, listing: ListParams<AuditParameters>) -> ApiResult {
    let AuditParameters { entity_id, entity, actor_id, action, outcome, since, until } = listing.query;
    let entity = entity.map(|kind| kind.as_str().to_owned());
    let query = AuditQuery { entity_id, entity, actor_id, action, outcome, since, until };
    let page = caller.scope().audit().list(query, &listing.page).await?;
    Ok(ApiResponse::ok(&AuditEntryList::from(page))?)
}

/// Read how far the audit trail is sealed
///
/// The entries of the audit trail are sealed about a minute after they were written, in batches: each has a hash over its entries
/// and over the batch before. The `head` is the end of this chain; kept elsewhere, it proves later that nothing before it was
/// changed. Administrators only.
#[utoipa::path(
    tag = "audit",
    responses((status = 200, description = "The end of the chain, and the last verification", body = AuditChainState), ReadErrors),
)]
#[get("/audit/chain")]
async fn get_audit_chain(caller: Caller) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().audit().chain().await?)?)
}

/// Verify the audit trail
///
/// Starts a job that compares the audit trail with its chain of hashes. Its `result` has the number of faults, and the first of
/// them: what is wrong (`kind`), the number of the batch, the position and the id of the entry. If one that was started so is
/// waiting or running, that job is returned. Administrators only.
#[utoipa::path(
    tag = "audit",
    params(IdempotencyKeyParameter),
    responses((status = 202, description = "The job that verifies", body = Job), ActionErrors),
)]
#[post("/audit/verify")]
async fn verify_audit(caller: Caller, key: IdempotencyKeyHeader) -> ApiResult {
    let verify = async |scope: &mut CompanyScope<'_>| ApiResponse::accepted(&scope.audit().verify().await?);
    key.once(&caller, "verifyAudit", "", verify).await
}
