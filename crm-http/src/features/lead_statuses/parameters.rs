//! Query parameters of statuses of leads.

use crm_core::lead_statuses::{LeadStatusQuery, LeadStatusSort, LeadStatusType};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filter and the order of a list of statuses.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only statuses of this type.
    #[serde(rename = "type")]
    #[param(inline, nullable = false)]
    status_type: Option<LeadStatusType>,
    /// Only archived statuses (`true`), or only others (`false`).
    #[param(nullable = false)]
    is_archived: Option<bool>,
    /// The order: `position`, `name` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "position")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<LeadStatusQuery, ApiError> {
        let Self { status_type, is_archived, sort } = self;
        let sort = parsed::<LeadStatusSort>(sort)?.unwrap_or_default();
        Ok(LeadStatusQuery { is_archived, status_type, sort })
    }
}
