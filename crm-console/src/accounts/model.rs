//! What users and teams are to the console. The JSON names are those of the user-management service.

use std::fmt;

use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use crm_core::ids::UserId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::ids::{AccountSessionId, TeamId};

/// Whether a user may sign in to the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// They may.
    Active,
    /// They are invited and have not accepted.
    Invited,
    /// They may not, for now.
    Suspended,
    /// They may not any more, and stay in the list.
    Inactive,
}

impl AccountStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Invited, Self::Suspended, Self::Inactive];

    /// The name in forms and in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Suspended => "suspended",
            Self::Inactive => "inactive",
        }
    }

    /// The status with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A user of the company.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The id.
    pub id: UserId,
    /// Counts the writes.
    pub version: i64,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// Rights beside those of the role.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Whether they may sign in.
    pub status: AccountStatus,
    /// Their teams.
    #[serde(default)]
    pub team_ids: Vec<TeamId>,
    /// When they last signed in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Whether they sign in with a second factor.
    #[serde(default)]
    pub has_second_factor: bool,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

impl Account {
    /// The name, or the address without one.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }
}

impl fmt::Debug for Account {
    /// Prints no name and no address, because they do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The records.
    pub data: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// The users in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountQuery {
    /// Only users whose name or address contains this text.
    pub text: Option<String>,
    /// Only users with this role.
    pub role: Option<Role>,
    /// Only users with this status.
    pub status: Option<AccountStatus>,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// How many users come at once.
    pub limit: u64,
}

/// A user to invite.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAccount {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Option<Role>,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("role", &self.role).finish_non_exhaustive()
    }
}

/// A change of a user: absent fields stay as they are.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountPatch {
    /// The name; `Some(None)` clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they may sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AccountStatus>,
    /// Rights beside those of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
}

impl fmt::Debug for AccountPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountPatch").field("role", &self.role).field("status", &self.status).finish_non_exhaustive()
    }
}

/// A link for a user, shown because no mail is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The address.
    pub url: SecretString,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
}

/// A link that was sent by mail, or is here.
#[derive(Clone, Debug, Deserialize)]
pub struct SentLink {
    /// The link, if no mail is sent.
    pub link: Option<Link>,
}

/// A user who was invited.
#[derive(Clone, Debug, Deserialize)]
pub struct Invited {
    /// The user.
    #[serde(flatten)]
    pub account: Account,
    /// The link of the invitation, if no mail is sent.
    pub invitation: Option<Link>,
}

/// An attempt to sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// When it was.
    pub at: DateTime<Utc>,
    /// How it ended: `success`, `wrong_password`, …
    pub outcome: String,
    /// The address of the client.
    pub address: Option<String>,
    /// The program of the client.
    pub user_agent: Option<String>,
}

/// Where a person is logged in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSession {
    /// The id.
    pub id: AccountSessionId,
    /// When they have logged in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within some minutes.
    pub last_used_at: DateTime<Utc>,
    /// The address that it was last used from.
    pub address: Option<String>,
    /// The program that it was last used with.
    pub user_agent: Option<String>,
    /// Whether it is the session of the access token.
    pub current: bool,
}

/// A second factor to set up in an app. It counts once it is confirmed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSecondFactor {
    /// The secret in base32, to type into the app.
    pub secret: SecretString,
    /// The same as an address that apps open.
    pub otpauth_url: SecretString,
}

/// A team.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// The id.
    pub id: TeamId,
    /// Counts the writes.
    pub version: i64,
    /// The name.
    pub name: String,
    /// The user who leads it.
    pub manager_id: Option<UserId>,
    /// The team that it is part of.
    #[serde(default)]
    pub parent_id: Option<TeamId>,
    /// The users in it.
    #[serde(default)]
    pub member_ids: Vec<UserId>,
}

/// What a team becomes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamPatch {
    /// The name.
    pub name: String,
    /// The user who leads it.
    pub manager_id: Option<UserId>,
    /// The team that it is part of.
    pub parent_id: Option<TeamId>,
    /// The users in it.
    pub member_ids: Vec<UserId>,
}
