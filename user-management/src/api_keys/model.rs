//! An API key, as administrators see it.

use std::fmt;

use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::base::ids::ApiKeyId;
use crate::rows::api_key::Model;

/// An API key of a company, without the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// The id, which is also the subject of its tokens.
    pub id: ApiKeyId,
    /// Incremented by each change.
    pub version: i64,
    /// The name.
    pub name: String,
    /// The first twelve characters of the key.
    pub prefix: String,
    /// The role.
    pub role: Role,
    /// Rights beyond the role's, such as `customers:export`.
    pub permissions: Vec<String>,
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl ApiKey {
    pub(super) fn of(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            version: row.version,
            name: row.name,
            prefix: row.prefix,
            role: row.role.parse().map_err(Error::internal)?,
            permissions: serde_json::from_value(row.permissions).map_err(Error::internal)?,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A new API key, with the key itself: it is not shown again.
#[derive(Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedApiKey {
    /// The API key.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// The key.
    pub key: String,
}

impl fmt::Debug for CreatedApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedApiKey").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}
