//! Who calls, and from where.

use std::fmt;

use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};

use super::error::{Error, Result};
use super::ids::SessionId;

/// Where a request comes from. For the log of sign-ins and the audit trail; never for a decision about rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The address, as text.
    pub address: Option<String>,
    /// The `User-Agent`, at most 200 characters.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

/// The authenticated caller of an operation, in one of their companies.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// The company.
    pub company: CompanyId,
    /// The user.
    pub user: UserId,
    /// Their role in the company.
    pub role: Role,
    /// The session of their token; `None` for a host.
    pub session: Option<SessionId>,
    /// Where the request comes from.
    pub client: Client,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("company", &self.company).field("user", &self.user).finish_non_exhaustive()
    }
}

impl Caller {
    /// Whether they administer their company.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Fails unless they administer their company.
    pub(crate) fn require_admin(&self) -> Result<()> {
        if self.is_admin() { Ok(()) } else { Err(Error::Forbidden) }
    }
}
