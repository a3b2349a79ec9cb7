//! The feed of teams, and the teams of users.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use crm_core::ids::{CompanyId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use super::MAX;
use crate::base::error::Result;
use crate::base::ids::TeamId;
use crate::base::service::UserManagement;
use crate::rows::team::{Column, Entity, Model};
use crate::rows::team_member;

/// A team, as other services know it; its members are in the feed of users. One that was deleted is not in the feed:
/// it has no members, and no teams below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DirectoryTeam {
    /// The company.
    pub company_id: CompanyId,
    /// The team.
    pub team_id: TeamId,
    /// Its name.
    #[schema(example = "Sales North")]
    pub name: String,
    /// The team that it is part of.
    pub parent_id: Option<TeamId>,
    /// Who leads it, and the teams below it.
    pub manager_id: Option<UserId>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The position of a team in the feed.
pub type DirectoryTeamPosition = (DateTime<Utc>, CompanyId, TeamId);

impl From<Model> for DirectoryTeam {
    fn from(row: Model) -> Self {
        let Model { company_id, id, name, parent_id, manager_id, updated_at, .. } = row;
        let (company_id, team_id) = (company_id.into(), id.into());
        let (parent_id, manager_id) = (parent_id.map(Into::into), manager_id.map(Into::into));
        Self { company_id, team_id, name, parent_id, manager_id, updated_at }
    }
}

impl UserManagement {
    /// The teams of all companies that changed since then, at most `limit` (up to 500). To go on, pass the position of
    /// the last one as `after`. For services that were authenticated by their own credentials.
    ///
    /// # Errors
    /// Those of the database.
    #[tracing::instrument(name = "um.directory.teams", skip_all)]
    pub async fn directory_teams(
        &self,
        changed_since: Option<DateTime<Utc>>,
        after: Option<DirectoryTeamPosition>,
        limit: u64,
    ) -> Result<Vec<DirectoryTeam>> {
        let mut select = Entity::find();
        if let Some(since) = changed_since {
            select = select.filter(Column::UpdatedAt.gte(since));
        }
        if let Some((at, company, team)) = after {
            let position = [Column::UpdatedAt, Column::CompanyId, Column::Id].map(Expr::col);
            let last = [Expr::val(at), Expr::val(company.0), Expr::val(team.0)];
            // The second bound says it again for SQLite, which uses no index for row values.
            select = select.filter(Expr::tuple(position).gt(Expr::tuple(last))).filter(Column::UpdatedAt.gte(at));
        }
        let ordered = select.order_by_asc(Column::UpdatedAt).order_by_asc(Column::CompanyId).order_by_asc(Column::Id);
        let rows = ordered.limit(limit.clamp(1, MAX)).all(self.db()).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The teams of these users, in order.
    pub(super) async fn teams_of(
        &self,
        users: &[(CompanyId, UserId)],
    ) -> Result<HashMap<(CompanyId, UserId), Vec<TeamId>>> {
        let mut teams: HashMap<_, Vec<TeamId>> = HashMap::new();
        if users.is_empty() {
            return Ok(teams);
        }
        let companies: Vec<Uuid> = users.iter().map(|(company, _)| company.0).collect();
        let rows = team_member::Entity::find()
            .filter(team_member::Column::CompanyId.is_in(companies))
            .filter(team_member::Column::UserId.is_in(users.iter().map(|(_, user)| user.0)))
            .order_by_asc(team_member::Column::TeamId)
            .all(self.db())
            .await?;
        for row in rows {
            teams.entry((row.company_id.into(), row.user_id.into())).or_default().push(row.team_id.into());
        }
        Ok(teams)
    }
}
