//! What a company is.

use chrono::{DateTime, Utc};
use crm_core::ids::CompanyId;
use crm_core::string_enum::string_enum;
use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::rows::company::Model;

string_enum! {
    /// Whether the users of a company may sign in.
    CompanyStatus {
        /// They may.
        Active = "active",
        /// They may not, for now.
        Suspended = "suspended",
        /// They may not; its data is about to be deleted.
        Deleted = "deleted",
    }
}

/// A company, the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Company {
    /// The id.
    pub id: CompanyId,
    /// Counts the writes, from 1.
    pub version: i64,
    /// The name.
    pub name: String,
    /// Whether its users may sign in.
    pub status: CompanyStatus,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
}

impl TryFrom<Model> for Company {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let Model { id, version, created_at, updated_at, name, status, .. } = row;
        let status = status.parse().map_err(Error::internal)?;
        Ok(Self { id: id.into(), version, name, status, created_at, updated_at })
    }
}
