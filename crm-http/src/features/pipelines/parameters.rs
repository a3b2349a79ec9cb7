//! Query parameters of pipelines.

use crm_core::pipelines::{PipelineQuery, PipelineSort};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filter and the order of a list of pipelines.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only archived pipelines (`true`), or only others (`false`).
    #[param(nullable = false)]
    is_archived: Option<bool>,
    /// The order: `position`, `name` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "position")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<PipelineQuery, ApiError> {
        let Self { is_archived, sort } = self;
        Ok(PipelineQuery { is_archived, sort: parsed::<PipelineSort>(sort)?.unwrap_or_default() })
    }
}
