//! The input for quotas.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::month::Month;
use super::subject::QuotaSubject;
use crate::base::error::Violations;
use crate::base::ids::{TeamId, UserId};
use crate::base::money::Money;
use crate::base::validation;

/// The maximum number of quotas that are set at once.
pub const MAX_QUOTAS: usize = 200;

/// Quotas to set. Others stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewQuotas {
    /// The quotas, at most 200; each user and month, and each team and month, once.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 200))]
    pub quotas: Vec<NewQuota>,
}

/// The quota of a user or of a team for a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewQuota {
    /// The user; either a user or a team is required.
    pub user_id: Option<UserId>,
    /// The team, as known to the user-management service.
    pub team_id: Option<TeamId>,
    /// The month.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$"))]
    pub month: Month,
    /// What the deals that the user, or the team, wins in the month are to be worth together; `null` removes the quota.
    pub amount: Option<Money>,
}

impl NewQuota {
    /// A user's quota of this amount.
    #[must_use]
    pub const fn of(user: UserId, month: Month, amount: Money) -> Self {
        Self { user_id: Some(user), team_id: None, month, amount: Some(amount) }
    }

    /// A team's quota of this amount.
    #[must_use]
    pub const fn of_team(team: TeamId, month: Month, amount: Money) -> Self {
        Self { user_id: None, team_id: Some(team), month, amount: Some(amount) }
    }

    /// Whose quota it is.
    pub(super) fn subject(&self) -> Option<QuotaSubject> {
        QuotaSubject::of(self.user_id, self.team_id)
    }
}

impl NewQuotas {
    /// Checks every rule that does not depend on the company.
    pub(super) fn validated(self) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        match self.quotas.len() {
            0 => violations.add("/quotas", "required", "a value is required"),
            1..=MAX_QUOTAS => {}
            _ => violations.add("/quotas", "too_many", format!("at most {MAX_QUOTAS} quotas")),
        }
        let mut seen = HashSet::new();
        for (index, quota) in self.quotas.iter().take(MAX_QUOTAS).enumerate() {
            let at = format!("/quotas/{index}");
            match quota.subject() {
                None if quota.user_id.is_some() => {
                    violations.add(format!("{at}/teamId"), "unexpected", "a quota is that of a user or of a team");
                }
                None => violations.add(format!("{at}/userId"), "required", "name a user or a team"),
                Some(subject) if !seen.insert((subject, quota.month)) => {
                    violations.add(format!("{at}/month"), "duplicate", "the same month is listed twice");
                }
                Some(_) => {}
            }
            if let Some(Err(errors)) = quota.amount.map(|amount| amount.validate()) {
                validation::collect(&errors, &format!("{at}/amount"), &mut violations);
            }
        }
        violations.into_result()?;
        Ok(self)
    }
}
