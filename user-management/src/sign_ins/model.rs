//! Entries of the log.

use chrono::{DateTime, Utc};
use crm_core::ids::{CompanyId, UserId};
use crm_core::string_enum::string_enum;
use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::base::ids::SignInId;
use crate::rows::sign_in::Model;

string_enum! {
    /// How an attempt was made.
    SignInMethod {
        /// With a password.
        Password = "password",
        /// With an API key; only failures are logged.
        ApiKey = "api_key",
    }
}

string_enum! {
    /// How an attempt ended.
    SignInOutcome {
        /// Signed in.
        Success = "success",
        /// The password was wrong.
        WrongPassword = "wrong_password",
        /// There is no such account or API key.
        UnknownAccount = "unknown_account",
        /// The account has no password yet.
        NoPassword = "no_password",
        /// The user or the API key is active in no company.
        Inactive = "inactive",
        /// The password was right, the code was missing.
        SecondFactorRequired = "second_factor_required",
        /// The password was right, the code was wrong.
        SecondFactorWrong = "second_factor_wrong",
        /// Too many attempts had failed before.
        TooManyAttempts = "too_many_attempts",
        /// The user does not belong to the company.
        CompanyUnknown = "company_unknown",
    }
}

/// An attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// The id.
    pub id: SignInId,
    /// When it was.
    pub at: DateTime<Utc>,
    /// The company; absent if none was reached.
    pub company_id: Option<CompanyId>,
    /// The user; absent if the account is unknown.
    pub user_id: Option<UserId>,
    /// How it was tried.
    pub method: SignInMethod,
    /// How it ended.
    pub outcome: SignInOutcome,
    /// The address of the client.
    pub address: Option<String>,
    /// The program of the client.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

impl SignIn {
    pub(super) fn of(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            at: row.at,
            company_id: row.company_id.map(CompanyId),
            user_id: row.user_id.map(UserId),
            method: row.method.parse().map_err(Error::internal)?,
            outcome: row.outcome.parse().map_err(Error::internal)?,
            address: row.address,
            user_agent: row.user_agent,
            request_id: row.request_id,
        })
    }
}

/// The attempts in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInQuery {
    /// Only those of this user.
    pub user_id: Option<UserId>,
    /// Only those that ended so.
    pub outcome: Option<SignInOutcome>,
}
