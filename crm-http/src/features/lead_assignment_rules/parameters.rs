//! Query parameters of rules by which leads are assigned.

use crm_core::lead_assignment_rules::{LeadAssignmentRuleQuery, LeadAssignmentRuleSort};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filter and the order of a list of rules.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only active rules (`true`), or only others (`false`).
    #[param(nullable = false)]
    is_active: Option<bool>,
    /// The order: `position`, `name` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "position")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<LeadAssignmentRuleQuery, ApiError> {
        let Self { is_active, sort } = self;
        let sort = parsed::<LeadAssignmentRuleSort>(sort)?.unwrap_or_default();
        Ok(LeadAssignmentRuleQuery { is_active, sort })
    }
}
