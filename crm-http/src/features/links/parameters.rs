//! Query parameters of links.

use crm_core::customers::{CustomerKind, CustomerLinkQuery, CustomerLinkSort, LinkEnd};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::{parsed, separated};

/// The filters and the order of a list of links.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only these labels, separated by commas, without case and accents.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    label: Vec<String>,
    /// Only links with persons, or only links with organizations.
    #[param(inline, nullable = false)]
    kind: Option<CustomerKind>,
    /// Only links that go from the customer (`from`), or only those that go to it (`to`): `label=parent&end=to` gives the
    /// children of an organization.
    #[param(inline, nullable = false)]
    end: Option<LinkEnd>,
    /// Only inactive links (`true`), or only others (`false`).
    #[param(nullable = false)]
    is_inactive: Option<bool>,
    /// The order: `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "-createdAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<CustomerLinkQuery, ApiError> {
        let Self { label, kind, end, is_inactive, sort } = self;
        let sort = parsed::<CustomerLinkSort>(sort)?.unwrap_or_default();
        Ok(CustomerLinkQuery { label, kind, end, is_inactive, sort })
    }
}
