//! What a client gets.

use std::fmt;

use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use serde::Serialize;

use super::seats::Seat;
use crate::base::ids::SessionId;
use crate::rows::user;

/// A company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CompanyFacts {
    /// The id.
    pub id: CompanyId,
    /// The name.
    pub name: String,
}

/// A company of a user, and their role in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CompanyRole {
    /// The id of the company.
    pub id: CompanyId,
    /// The name of the company.
    pub name: String,
    /// The user's role in it.
    pub role: Role,
}

/// A user in one of their companies.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UserFacts {
    /// The id.
    pub id: UserId,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// The role in the company.
    pub role: Role,
    /// The company of this session.
    pub company: CompanyFacts,
    /// All companies that the user may switch to, by name.
    pub companies: Vec<CompanyRole>,
}

impl fmt::Debug for UserFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserFacts").field("id", &self.id).field("company", &self.company.id).finish_non_exhaustive()
    }
}

impl UserFacts {
    pub(super) fn of(user: &user::Model, seat: &Seat, seats: &[Seat]) -> Self {
        let company = CompanyFacts { id: seat.company, name: seat.company_name.clone() };
        let companies =
            seats.iter().map(|seat| CompanyRole { id: seat.company, name: seat.company_name.clone(), role: seat.role });
        Self {
            id: UserId(user.id),
            email: user.email.clone(),
            name: user.name.clone(),
            role: seat.role,
            company,
            companies: companies.collect(),
        }
    }
}

/// The tokens of a session, and its user.
#[derive(Clone)]
pub struct SignedIn {
    /// The access token.
    pub access_token: String,
    /// The lifetime of the access token, in seconds.
    pub expires_in: u64,
    /// The refresh token, for one use.
    pub refresh_token: String,
    /// When the refresh token expires.
    pub refresh_expires_at: DateTime<Utc>,
    /// The token of this device, to show at the next log-in.
    pub device: String,
    /// The session.
    pub session: SessionId,
    /// The user.
    pub user: UserFacts,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session).field("user", &self.user).finish_non_exhaustive()
    }
}

/// The caller as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The user.
    #[serde(flatten)]
    pub user: UserFacts,
    /// Whether a second factor is on.
    pub has_second_factor: bool,
    /// The session of the token.
    pub session: Option<SessionId>,
}
