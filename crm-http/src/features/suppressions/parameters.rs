//! Query parameters of the do-not-contact list.

use crm_core::suppressions::{
    SuppressionKind, SuppressionQuery, SuppressionReason, SuppressionRemoval, SuppressionSort,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filters and the order of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only entries of this kind.
    #[param(inline, nullable = false)]
    kind: Option<SuppressionKind>,
    /// Only entries for this reason.
    #[param(inline, nullable = false)]
    reason: Option<SuppressionReason>,
    /// Only what stands against this address, number or domain, in any notation: of an address also its domain, and those above
    /// it.
    #[param(nullable = false, max_length = 320)]
    value: Option<String>,
    /// The order: `createdAt` or `value`. A `-` in front reverses it.
    #[param(nullable = false, default = "-createdAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<SuppressionQuery, ApiError> {
        let Self { kind, reason, value, sort } = self;
        Ok(SuppressionQuery { kind, reason, value, sort: parsed::<SuppressionSort>(sort)?.unwrap_or_default() })
    }
}

/// Why an entry is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemovalParameters {
    /// Why the entry is deleted; the audit trail keeps it.
    #[param(inline, nullable = false)]
    pub reason: Option<SuppressionRemoval>,
}
