//! Query parameters of capture forms.

use crm_core::capture_forms::{CaptureFormQuery, CaptureFormSort};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filter and the order of a list of capture forms.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only forms that take submissions (`true`), or only others (`false`).
    #[param(nullable = false)]
    is_active: Option<bool>,
    /// The order: `name` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "name")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<CaptureFormQuery, ApiError> {
        let Self { is_active, sort } = self;
        Ok(CaptureFormQuery { is_active, sort: parsed::<CaptureFormSort>(sort)?.unwrap_or_default() })
    }
}
