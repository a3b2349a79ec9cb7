//! Query parameters of quotas.

use crm_core::ids::{TeamId, UserId};
use crm_core::quotas::{Month, QuotaQuery};
use serde::Deserialize;
use utoipa::IntoParams;

/// The filters of quotas.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct QuotaParameters {
    /// Only quotas of this user.
    #[param(nullable = false)]
    user_id: Option<UserId>,
    /// Only quotas of this team.
    #[param(nullable = false)]
    team_id: Option<TeamId>,
    /// Only quotas of this month (`2026-11`), or of later ones.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<Month>,
    /// Only quotas of this month, or of earlier ones.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<Month>,
}

impl QuotaParameters {
    pub(super) fn query(self) -> QuotaQuery {
        let Self { user_id: user, team_id: team, from, to } = self;
        QuotaQuery { user, team, from, to }
    }
}
