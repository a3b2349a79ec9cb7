//! Query parameters of saved mappings.

use crm_core::import_mappings::{ImportMappingQuery, ImportMappingSort};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filter and the order of a list of saved mappings.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only mappings for files with this signature, which the preview of a file tells.
    #[param(nullable = false)]
    signature: Option<String>,
    /// The order: `name`, `createdAt` or `updatedAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "name")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<ImportMappingQuery, ApiError> {
        let Self { signature, sort } = self;
        Ok(ImportMappingQuery { signature, sort: parsed::<ImportMappingSort>(sort)?.unwrap_or_default() })
    }
}
