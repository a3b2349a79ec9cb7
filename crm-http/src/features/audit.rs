//! The audit trail.

use actix_web::get;
use chrono::{DateTime, Utc};
use crm_core::Kind;
use crm_core::audit::{AuditEntry, AuditQuery, Outcome};
use crm_core::ids::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::Caller;
use crm_web::request::ListParams;

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
    config.service(list_audit);
}

/// Read the audit trail
///
/// The entries of the audit trail, newest first: who did what to which record, and which requests were refused. Entries
/// hold no personal data; field values appear only as keyed digests. Reading the audit trail is audited too.
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
