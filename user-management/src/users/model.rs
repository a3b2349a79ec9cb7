//! What a user is.

use std::fmt;

use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use crm_core::ids::UserId;
use crm_core::string_enum::string_enum;
use serde::Serialize;

use crate::base::ids::TeamId;

string_enum! {
    /// Whether a user may sign in to the company.
    UserStatus {
        /// They may.
        Active = "active",
        /// They are invited and have not accepted.
        Invited = "invited",
        /// They may not, for now.
        Suspended = "suspended",
        /// They may not any more, and stay in the list.
        Inactive = "inactive",
    }
}

/// A user of a company.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The id; the same in all companies.
    pub id: UserId,
    /// Counts the writes, from 1.
    pub version: i64,
    /// The e-mail address, with which they sign in.
    #[schema(example = "ann@example.com")]
    pub email: String,
    /// The name.
    #[schema(example = "Ann Lee")]
    pub name: Option<String>,
    /// The role in the company.
    pub role: Role,
    /// Rights beside those of the role: `resource:action`, or `resource:action:own`.
    #[schema(example = json!(["customers:export"]))]
    pub permissions: Vec<String>,
    /// Whether they may sign in to the company.
    pub status: UserStatus,
    /// Their teams.
    pub team_ids: Vec<TeamId>,
    /// Their language (BCP 47).
    #[schema(example = "de-AT")]
    pub locale: Option<String>,
    /// Their time zone (IANA).
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// When they last signed in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Whether they sign in with a second factor.
    pub has_second_factor: bool,
    /// When they were added to the company.
    pub created_at: DateTime<Utc>,
    /// When they were last written.
    pub updated_at: DateTime<Utc>,
}

impl fmt::Debug for User {
    /// Prints no name and no address, because they do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("role", &self.role)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
