//! Users: the CRM's mirror of the people who work with it, so that records show names.
//!
//! The user-management service owns users. The mirror is filled from the claims of verified tokens when a user first
//! writes, and from a [`UserDirectory`] when a record is assigned to somebody the CRM has not seen.

mod owner;
mod repo;
mod row;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use owner::Owner;
pub use repo::Users;
pub(crate) use repo::{mirror_actor, named, owner, some, unknown, unseen};

use crate::error::Result;
use crate::ids::{CompanyId, UserId};

/// A user of the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// His id in the user-management service.
    pub id: UserId,
    /// His name, where it is known.
    pub display_name: Option<String>,
    /// His e-mail address, where it is known.
    pub email: Option<String>,
    /// False if he no longer works with the CRM; records cannot be assigned to him.
    pub is_active: bool,
    /// When the CRM first saw him.
    pub created_at: DateTime<Utc>,
    /// When the mirror was last refreshed.
    pub updated_at: DateTime<Utc>,
}

/// A user as records show him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserRef {
    /// His id.
    pub id: UserId,
    /// His name, where it is known.
    pub display_name: Option<String>,
}

/// What is known of a user elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserProfile {
    /// His id.
    pub id: UserId,
    /// His name.
    pub display_name: Option<String>,
    /// His e-mail address.
    pub email: Option<String>,
    /// False if he no longer works with the CRM.
    pub is_active: bool,
}

/// Knows users that the CRM has not seen: the host's own table, or the user-management service.
///
/// It is never asked while a transaction is open, so it may be slow, and may use the same pool of connections. Before a
/// transaction of your own, a host's or one of [`CompanyScope::begin`](crate::CompanyScope::begin), call [`Users::meet`].
#[async_trait]
pub trait UserDirectory: Send + Sync + 'static {
    /// The user of the company with this id, if there is one.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) or what fits, if the directory cannot be asked.
    async fn find(&self, company: CompanyId, user: UserId) -> Result<Option<UserProfile>>;
}
