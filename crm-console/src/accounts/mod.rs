//! The port through which the console manages users and teams, and its adapter for the user-management service.
//!
//! The console has no table of users: what it shows is asked for each page, with the access token of the person who
//! looks at it, so the service decides what they may see and do.

mod ids;
mod model;
mod remote;

use async_trait::async_trait;
use crm_core::ids::UserId;
use crm_core::{Violation, Violations};
use secrecy::SecretString;

pub use ids::{AccountSessionId, InvalidId, TeamId};
pub use model::{
    Account, AccountPatch, AccountQuery, AccountSession, AccountStatus, Invited, Link, Listed, NewAccount,
    NewSecondFactor, SentLink, SignIn, Team, TeamPatch,
};
pub use remote::{RemoteAccounts, RemoteAccountsOptions};

/// What an operation gives.
pub type Result<T> = std::result::Result<T, AccountsError>;

/// Manages the users and teams of a company. `token` is the access token of the person who does it.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// A page of users, by name.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn list(&self, token: &SecretString, query: &AccountQuery) -> Result<Listed<Account>>;

    /// One user.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn get(&self, token: &SecretString, id: UserId) -> Result<Account>;

    /// Invites a user. The link is there if no mail is sent.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn invite(&self, token: &SecretString, new: &NewAccount) -> Result<Invited>;

    /// Changes a user who has this version.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn update(&self, token: &SecretString, id: UserId, patch: &AccountPatch, version: i64) -> Result<Account>;

    /// Takes a user who has this version out of the company.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn remove(&self, token: &SecretString, id: UserId, version: i64) -> Result<()>;

    /// Sends the invitation again. The link is there if no mail is sent.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn invite_again(&self, token: &SecretString, id: UserId) -> Result<SentLink>;

    /// Sends a link for a new password. The link is there if no mail is sent.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn send_reset(&self, token: &SecretString, id: UserId) -> Result<SentLink>;

    /// Switches the second factor of a user off.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn reset_second_factor(&self, token: &SecretString, id: UserId) -> Result<()>;

    /// A page of a user's attempts to sign in, newest first.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn sign_ins(&self, token: &SecretString, id: UserId, cursor: Option<&str>) -> Result<Listed<SignIn>>;

    /// A page of teams, by name, each with its members.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn teams(&self, token: &SecretString, cursor: Option<&str>) -> Result<Listed<Team>>;

    /// One team.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn team(&self, token: &SecretString, id: &TeamId) -> Result<Team>;

    /// Adds a team.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn create_team(&self, token: &SecretString, name: &str) -> Result<Team>;

    /// Changes a team that has this version.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn update_team(&self, token: &SecretString, id: &TeamId, patch: &TeamPatch, version: i64) -> Result<Team>;

    /// Deletes a team that has this version.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn delete_team(&self, token: &SecretString, id: &TeamId, version: i64) -> Result<()>;

    /// Changes the password of the person whose token it is, and ends their other sessions. This one goes on.
    ///
    /// # Errors
    /// [`AccountsError::WrongSecret`] if the current password is wrong; violations at `/newPassword`; others.
    async fn change_password(&self, token: &SecretString, current: &SecretString, new: &SecretString) -> Result<()>;

    /// Where the person is logged in, the newest log-in first.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn sessions(&self, token: &SecretString) -> Result<Vec<AccountSession>>;

    /// Logs the person out somewhere.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn end_session(&self, token: &SecretString, id: &AccountSessionId) -> Result<()>;

    /// Whether the person logs in with a second factor.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn has_second_factor(&self, token: &SecretString) -> Result<bool>;

    /// Makes a secret for the app of the person. An earlier one that was not confirmed is void.
    ///
    /// # Errors
    /// [`AccountsError::Conflict`] if a second factor is on; others.
    async fn begin_second_factor(&self, token: &SecretString) -> Result<NewSecondFactor>;

    /// Switches the second factor on, with a code of the app. Gives recovery codes, which are not shown again.
    ///
    /// # Errors
    /// [`AccountsError::WrongSecret`]; [`AccountsError::Conflict`] if none was begun, or one is on; others.
    async fn confirm_second_factor(&self, token: &SecretString, code: &str) -> Result<Vec<String>>;

    /// Switches the second factor of the person off.
    ///
    /// # Errors
    /// [`AccountsError::WrongSecret`] if the password is wrong; [`AccountsError::Conflict`] if none is on; others.
    async fn disable_second_factor(&self, token: &SecretString, password: &SecretString) -> Result<()>;

    /// Sends a link for a new password to this address, if it has an account. The outcome is the same for every
    /// address. `from` is the address of the browser.
    ///
    /// # Errors
    /// [`AccountsError::TooManyRequests`], [`AccountsError::Unavailable`].
    async fn forgot_password(&self, email: &str, from: Option<&str>) -> Result<()>;
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// Values break rules.
    #[error("some values break rules")]
    Invalid(Vec<Violation>),
    /// A rule of the data would be violated. The pointer is empty if no single field is to blame.
    #[error("{}", .0.detail)]
    Conflict(Violation),
    /// The record has changed since it was read.
    #[error("the record has changed")]
    Stale,
    /// The person may not do this.
    #[error("the role does not allow this")]
    Forbidden,
    /// There is no such record in the company.
    #[error("there is no such record")]
    NotFound,
    /// The password or the code that the person typed is wrong. Their access token is valid.
    #[error("the password or the code is wrong")]
    WrongSecret,
    /// The access token is not valid any more.
    #[error("the access token is not valid any more")]
    TokenRefused,
    /// There were too many requests.
    #[error("there were too many requests")]
    TooManyRequests {
        /// When the next one is allowed, in seconds.
        retry_after: Option<u64>,
    },
    /// The service cannot be reached, or fails.
    #[error("user management is not available at the moment")]
    Unavailable,
}

impl AccountsError {
    /// What is wrong with the values of a form, or the error itself if it is of another kind.
    pub(crate) fn violations(self) -> Result<Violations> {
        match self {
            Self::Invalid(violations) => Ok(Violations(violations)),
            Self::Conflict(violation) => Ok(Violations(vec![violation])),
            other => Err(other),
        }
    }
}
