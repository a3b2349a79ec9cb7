//! Whose quota it is.

use uuid::Uuid;

use crate::base::ids::{TeamId, UserId};

/// A user or a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum QuotaSubject {
    User(UserId),
    Team(TeamId),
}

impl QuotaSubject {
    /// The kind of the subjects of users' quotas.
    pub(super) const USER: &'static str = "user";
    /// The kind of the subjects of teams' quotas.
    pub(super) const TEAM: &'static str = "team";

    /// The only one of these; none if there are both, or neither.
    pub(super) const fn of(user: Option<UserId>, team: Option<TeamId>) -> Option<Self> {
        match (user, team) {
            (Some(user), None) => Some(Self::User(user)),
            (None, Some(team)) => Some(Self::Team(team)),
            _ => None,
        }
    }

    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => Self::USER,
            Self::Team(_) => Self::TEAM,
        }
    }

    pub(super) const fn id(self) -> Uuid {
        match self {
            Self::User(UserId(id)) | Self::Team(TeamId(id)) => id,
        }
    }
}
