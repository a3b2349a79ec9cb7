//! What a quota is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::month::Month;
use super::subject::QuotaSubject;
use crate::base::ids::{TeamId, UserId};
use crate::base::money::Money;
use crate::scope::actor::ActorRef;
use crate::users::{TeamRef, UserRef};

/// What a user or a team is to sell in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Quota {
    /// The user's id; absent for the quota of a team.
    pub user_id: Option<UserId>,
    /// The user; absent for the quota of a team.
    pub user: Option<UserRef>,
    /// The team's id; absent for the quota of a user.
    pub team_id: Option<TeamId>,
    /// The team; absent for the quota of a user.
    pub team: Option<TeamRef>,
    /// The month.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$"))]
    pub month: Month,
    /// What the deals that the user, or the team, wins in the month are to be worth together.
    pub amount: Money,
    /// When it was set.
    pub set_at: DateTime<Utc>,
    /// Who set it.
    pub set_by: ActorRef,
    /// The key of the row.
    #[serde(skip)]
    pub(super) id: Uuid,
}

impl Quota {
    /// Whose quota it is.
    pub(crate) fn subject(&self) -> Option<QuotaSubject> {
        QuotaSubject::of(self.user_id, self.team_id)
    }
}

/// Quotas that were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SetQuotas {
    /// The quotas that were named, as they are now: at most 200, by month and user or team. Those that were removed are not there.
    pub quotas: Vec<Quota>,
}
