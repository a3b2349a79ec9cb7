//! Query parameters of saved views.

use crm_core::saved_views::{SavedViewQuery, SavedViewSort, ViewEntity, ViewVisibility};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filters and the order of a list of saved views.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only views of this entity.
    #[param(inline, nullable = false)]
    entity: Option<ViewEntity>,
    /// Only shared views, or only your private views.
    #[param(inline, nullable = false)]
    visibility: Option<ViewVisibility>,
    /// The order: `position`, `name`, `createdAt` or `updatedAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "position")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<SavedViewQuery, ApiError> {
        let Self { entity, visibility, sort } = self;
        Ok(SavedViewQuery { entity, visibility, sort: parsed::<SavedViewSort>(sort)?.unwrap_or_default() })
    }
}
