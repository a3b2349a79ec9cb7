//! Users: the CRM's mirror of the company's users, so that records can show names.
//!
//! The user-management service owns users. The mirror is filled from the claims of verified tokens at a user's first
//! write, and from a [`UserDirectory`] when a record is assigned to an unknown user. A host that follows a directory keeps it up to date with
//! [`UsersDirectory`], also with the teams by which the company's
//! [record access](crate::companies::RecordAccess) knows whose records a user sees.

mod directory;
mod owner;
mod repo;
mod team;
mod team_member_row;
mod team_ref;
mod team_row;
mod teams;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use crate::scope::user::{UserDirectory, UserProfile};
pub use directory::UsersDirectory;
pub use owner::OwnerFilter;
pub use repo::Users;
pub(crate) use repo::{known, load_user_refs, owner, reindex, some, unknown, unseen};
pub use team::Team;
pub use team_ref::TeamRef;
pub(crate) use team_ref::{TEAM_MEMBERS, Teams, known_teams, teams_of_users, unknown_team};
pub use teams::{TeamProfile, UserTeams};

use crate::base::ids::UserId;
use crate::scope::user;

/// A user of the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Their id in the user-management service.
    pub id: UserId,
    /// Their name, if known.
    pub display_name: Option<String>,
    /// Their e-mail address, if known.
    pub email: Option<String>,
    /// Whether they still use the CRM; records cannot be assigned to inactive users.
    pub is_active: bool,
    /// The time at which the CRM first saw them.
    pub created_at: DateTime<Utc>,
    /// The time of the last refresh of the mirror.
    pub updated_at: DateTime<Utc>,
}

/// A user as shown in records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserRef {
    /// Their id.
    pub id: UserId,
    /// Their name, if known.
    pub display_name: Option<String>,
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        let user::Model { company_id: _, id, display_name, name_key: _, email, is_active, created_at, updated_at } =
            row;
        Self { id: id.into(), display_name, email, is_active, created_at, updated_at }
    }
}
