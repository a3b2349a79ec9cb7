//! The error type.

use crm_core::{Malformed, Violations};
use sea_orm::DbErr;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such record in this company.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The record has changed since the caller read it.
    #[error("the record has changed: its version is {current}")]
    Stale {
        /// The current version of the record.
        current: i64,
    },
    /// A rule of the data is violated.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The caller may not do this.
    #[error("only administrators may do this")]
    Forbidden,
    /// Nobody is signed in.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There were too many failed attempts from here.
    #[error("too many failed attempts; try again later")]
    TooManyAttempts {
        /// When the next attempt is allowed, in seconds.
        retry_after: u64,
    },
    /// Values break rules, a request is malformed, the database is away, or an internal error.
    #[error(transparent)]
    Core(#[from] crm_core::Error),
}

/// A rule of the data that a write would violate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// The company has this user already.
    #[error("the company has a user with this e-mail address")]
    UserExists,
    /// Another user has the e-mail address.
    #[error("another user has this e-mail address")]
    UserEmailTaken,
    /// Another team of the company has the name.
    #[error("another team has this name")]
    TeamNameTaken,
    /// The company would have no active administrator.
    #[error("a company needs an active administrator")]
    LastAdministrator,
    /// The user has been invited and has not accepted.
    #[error("the invitation is not accepted yet")]
    NotYetAccepted,
    /// The user has accepted the invitation.
    #[error("the user has accepted the invitation already")]
    AlreadyAccepted,
    /// The user belongs to other companies too, so only they may change this.
    #[error("the user belongs to other companies too; they change this themselves")]
    SharedUser,
    /// The second factor is on already.
    #[error("the second factor is on; switch it off first")]
    SecondFactorOn,
    /// The second factor is not on.
    #[error("the second factor is not on")]
    SecondFactorOff,
    /// The company has the maximum number of records.
    #[error("the company has the maximum number of these")]
    TooMany,
}

impl Conflict {
    /// All conflicts.
    pub const ALL: &'static [Self] = &[
        Self::UserExists,
        Self::UserEmailTaken,
        Self::TeamNameTaken,
        Self::LastAdministrator,
        Self::NotYetAccepted,
        Self::AlreadyAccepted,
        Self::SharedUser,
        Self::SecondFactorOn,
        Self::SecondFactorOff,
        Self::TooMany,
    ];

    /// The stable code for clients.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UserExists => "user_exists",
            Self::UserEmailTaken => "user_email_taken",
            Self::TeamNameTaken => "team_name_taken",
            Self::LastAdministrator => "last_administrator",
            Self::NotYetAccepted => "invitation_pending",
            Self::AlreadyAccepted => "invitation_accepted",
            Self::SharedUser => "shared_user",
            Self::SecondFactorOn => "second_factor_on",
            Self::SecondFactorOff => "second_factor_off",
            Self::TooMany => "too_many_records",
        }
    }

    /// The JSON pointer of the conflicting field, if there is one.
    #[must_use]
    pub const fn pointer(self) -> Option<&'static str> {
        match self {
            Self::UserExists | Self::UserEmailTaken => Some("/email"),
            Self::TeamNameTaken => Some("/name"),
            _ => None,
        }
    }
}

/// Why nobody is signed in. The words are the same for an unknown address and a wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The address is unknown, the password is wrong, or the user may not sign in.
    #[error("the e-mail address or the password is wrong")]
    Credentials,
    /// The password is right, and a code of the second factor is required as well.
    #[error("a code of the second factor is required")]
    SecondFactorRequired,
    /// The code of the second factor is wrong or was used before.
    #[error("the code of the second factor is wrong, or was used before")]
    SecondFactorWrong,
    /// There is no such company, or the user does not belong to it.
    #[error("the user does not belong to this company")]
    Company,
    /// The session has ended, or the refresh token is unknown.
    #[error("the session has ended; sign in again")]
    SessionEnded,
    /// The link is unknown, was used or has expired.
    #[error("the link is not valid any more; ask for a new one")]
    Link,
    /// The token is not genuine, has expired or was revoked.
    #[error("the token is not valid")]
    Token,
}

impl Refusal {
    /// All refusals.
    pub const ALL: &'static [Self] = &[
        Self::Credentials,
        Self::SecondFactorRequired,
        Self::SecondFactorWrong,
        Self::Company,
        Self::SessionEnded,
        Self::Link,
        Self::Token,
    ];

    /// The stable code for clients.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Credentials => "credentials_invalid",
            Self::SecondFactorRequired => "second_factor_required",
            Self::SecondFactorWrong => "second_factor_invalid",
            Self::Company => "company_unknown",
            Self::SessionEnded => "session_ended",
            Self::Link => "link_invalid",
            Self::Token => "token_invalid",
        }
    }
}

impl Error {
    pub(crate) fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Core(crm_core::Error::Internal(error.into()))
    }
}

/// Fails unless the record still has the version that the caller has seen.
pub(crate) fn expect_version(current: i64, expected: Option<i64>) -> Result<()> {
    match expected {
        Some(expected) if expected != current => Err(Error::Stale { current }),
        _ => Ok(()),
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Core(violations.into())
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Core(malformed.into())
    }
}

impl From<DbErr> for Error {
    /// The only conversion of database errors. Constraints are known by name on PostgreSQL, and by table and columns on
    /// SQLite.
    fn from(error: DbErr) -> Self {
        const UNIQUE: &[(&str, &str, Conflict)] = &[
            ("um_users_email_key", "um_users.email", Conflict::UserEmailTaken),
            ("um_teams_name_key", "um_teams.company_id, um_teams.name_key", Conflict::TeamNameTaken),
            ("um_memberships_pkey", "um_memberships.company_id, um_memberships.user_id", Conflict::UserExists),
        ];
        if let Some(sea_orm::SqlErr::UniqueConstraintViolation(message)) = error.sql_err()
            && let Some((.., conflict)) =
                UNIQUE.iter().find(|(name, columns, _)| message.contains(name) || message.contains(columns))
        {
            return Self::Conflict(*conflict);
        }
        Self::Core(error.into())
    }
}
