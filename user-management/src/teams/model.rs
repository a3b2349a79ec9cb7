//! What a team is.

use chrono::{DateTime, Utc};
use crm_core::ids::UserId;
use serde::Serialize;

use crate::base::ids::TeamId;
use crate::rows::team;

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Team {
    /// The id.
    pub id: TeamId,
    /// Counts the writes, from 1.
    pub version: i64,
    /// The name; unique in the company without case and accents.
    #[schema(example = "Sales North")]
    pub name: String,
    /// Who leads it, and the teams below it.
    pub manager_id: Option<UserId>,
    /// The team that it is part of.
    pub parent_id: Option<TeamId>,
    /// Who is in it.
    pub member_ids: Vec<UserId>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
}

impl From<team::Model> for Team {
    /// The team, without members.
    fn from(row: team::Model) -> Self {
        let team::Model { id, version, created_at, updated_at, name, manager_id, parent_id, .. } = row;
        let (id, manager_id, parent_id) = (id.into(), manager_id.map(Into::into), parent_id.map(Into::into));
        Self { id, version, name, manager_id, parent_id, member_ids: Vec::new(), created_at, updated_at }
    }
}
