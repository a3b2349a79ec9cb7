//! Query parameters of consents.

use crm_core::consents::{ConsentQuery, ConsentSort, ConsentState, ContactChannel};
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::parsed;

/// The filters and the order of a ledger.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only entries of this purpose.
    #[param(nullable = false, max_length = 50)]
    purpose: Option<String>,
    /// Only entries of this channel.
    #[param(inline, nullable = false)]
    channel: Option<ContactChannel>,
    /// Only entries that say this.
    #[param(inline, nullable = false)]
    state: Option<ConsentState>,
    /// The order: `obtainedAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "-obtainedAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<ConsentQuery, ApiError> {
        let Self { purpose, channel, state, sort } = self;
        Ok(ConsentQuery { purpose, channel, state, sort: parsed::<ConsentSort>(sort)?.unwrap_or_default() })
    }
}

/// What a customer is to be contacted for, and how.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MayContactParameters {
    /// What for: `marketing`, `newsletter`, `service`, or a word of your own.
    #[param(example = "newsletter", min_length = 1, max_length = 50)]
    pub purpose: String,
    /// How.
    #[param(inline, example = "email")]
    pub channel: ContactChannel,
}
