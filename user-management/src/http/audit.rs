//! The audit trail of the company.

use actix_web::get;
use crm_core::ids::UserId;
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::ListParams;
use crm_web::{ApiResponse, ApiResult};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use crate::audit::{AuditEntry, AuditQuery};

type AuditEntryList = List<AuditEntry>;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_entries);
}

/// Which entries to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only what this user did.
    #[param(nullable = false)]
    user_id: Option<UserId>,
    /// Only this action, such as `user.invited`.
    #[param(nullable = false, max_length = 100)]
    action: Option<String>,
}

/// List the audit trail
///
/// What was changed, who did it and from where, newest first. Administrators only.
#[utoipa::path(
    tag = "audit",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of entries", body = AuditEntryList), ReadErrors),
)]
#[get("/audit")]
pub(super) async fn list_audit_entries(
    caller: Authenticated,
    visitor: Visitor,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let ListParameters { user_id, action } = listing.query;
    let page = visitor.service.users().audit(&caller).list(&AuditQuery { user_id, action }, &listing.page).await?;
    Ok(ApiResponse::ok(&AuditEntryList::from(page))?)
}
