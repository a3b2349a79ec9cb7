//! Users: the CRM's mirror of the people who work with it, so that records show names.
//!
//! The user-management service owns users. The mirror is filled from the claims of verified tokens when a user first
//! writes, and from a [`UserDirectory`] when a record is assigned to somebody the CRM has not seen.

mod owner;
mod repo;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use crate::scope::user::{UserDirectory, UserProfile};
pub use owner::OwnerFilter;
pub use repo::Users;
pub(crate) use repo::{load_user_refs, owner, reindex, some, unknown, unseen};

use crate::base::ids::UserId;
use crate::scope::user;

/// A user of the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Their id in the user-management service.
    pub id: UserId,
    /// Their name, where it is known.
    pub display_name: Option<String>,
    /// Their e-mail address, where it is known.
    pub email: Option<String>,
    /// False if they no longer work with the CRM; records cannot be assigned to them.
    pub is_active: bool,
    /// When the CRM first saw them.
    pub created_at: DateTime<Utc>,
    /// When the mirror was last refreshed.
    pub updated_at: DateTime<Utc>,
}

/// A user as records show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserRef {
    /// Their id.
    pub id: UserId,
    /// Their name, where it is known.
    pub display_name: Option<String>,
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        let user::Model { company_id: _, id, display_name, name_key: _, email, is_active, created_at, updated_at } =
            row;
        Self { id: id.into(), display_name, email, is_active, created_at, updated_at }
    }
}
