//! Query parameters of custom fields.

use crm_core::custom_fields::{CustomFieldEntity, CustomFieldQuery, CustomFieldSort};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filters and the order of a list of custom fields.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only fields of this entity.
    #[param(inline, nullable = false)]
    entity: Option<CustomFieldEntity>,
    /// True for the archived fields, which are left out otherwise.
    #[param(nullable = false, default = false)]
    is_archived: Option<bool>,
    /// The order: `position`, `key` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "position")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<CustomFieldQuery, ApiError> {
        let Self { entity, is_archived, sort } = self;
        let sort = parsed::<CustomFieldSort>(sort)?.unwrap_or_default();
        Ok(CustomFieldQuery { entity, is_archived: is_archived.unwrap_or_default(), sort })
    }
}
