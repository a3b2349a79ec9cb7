//! The feed of users.

use std::fmt;

use chrono::{DateTime, Utc};
use crm_core::ids::{CompanyId, UserId};
use crm_core::string_enum::string_enum;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::Serialize;
use uuid::Uuid;

use super::MAX;
use crate::base::error::{Error, Result};
use crate::base::ids::TeamId;
use crate::base::service::UserManagement;
use crate::rows::membership::{Column, Entity};
use crate::rows::{company, user};

string_enum! {
    /// The status of a user in a company.
    DirectoryStatus {
        /// They may sign in.
        Active = "active",
        /// They are invited and have not accepted.
        Invited = "invited",
        /// They may not sign in, for now.
        Suspended = "suspended",
        /// They may not sign in any more.
        Inactive = "inactive",
        /// They were removed from the company.
        Removed = "removed",
    }
}

/// A user in a company, as other services know them.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DirectoryUser {
    /// The company.
    pub company_id: CompanyId,
    /// The user.
    pub user_id: UserId,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub display_name: Option<String>,
    /// The status.
    pub status: DirectoryStatus,
    /// Whether they may sign in.
    pub is_active: bool,
    /// The teams that they are in.
    pub team_ids: Vec<TeamId>,
    /// When they last changed.
    pub updated_at: DateTime<Utc>,
}

impl fmt::Debug for DirectoryUser {
    /// Prints no name and no address, because they do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryUser")
            .field("company_id", &self.company_id)
            .field("user_id", &self.user_id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The position of a user in the feed.
pub type DirectoryUserPosition = (DateTime<Utc>, CompanyId, UserId);

#[derive(FromQueryResult)]
struct Row {
    company_id: Uuid,
    user_id: Uuid,
    email: String,
    name: Option<String>,
    status: String,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for DirectoryUser {
    type Error = Error;

    /// The user, without teams.
    fn try_from(row: Row) -> Result<Self> {
        let Row { company_id, user_id, email, name, status, updated_at } = row;
        let status: DirectoryStatus = status.parse().map_err(Error::internal)?;
        let (company_id, user_id, is_active) = (company_id.into(), user_id.into(), status == DirectoryStatus::Active);
        let (display_name, team_ids) = (name, Vec::new());
        Ok(Self { company_id, user_id, email, display_name, status, is_active, team_ids, updated_at })
    }
}

impl UserManagement {
    /// The users of all companies that changed since then, those removed as well, at most `limit` (up to 500). To go
    /// on, pass the position of the last one as `after`. For services that were authenticated by their own
    /// credentials.
    ///
    /// # Errors
    /// Those of the database.
    #[tracing::instrument(name = "um.directory.users", skip_all)]
    pub async fn directory_users(
        &self,
        changed_since: Option<DateTime<Utc>>,
        after: Option<DirectoryUserPosition>,
        limit: u64,
    ) -> Result<Vec<DirectoryUser>> {
        let mut select = Entity::find()
            .select_only()
            .columns([Column::CompanyId, Column::UserId, Column::Status, Column::UpdatedAt])
            .columns([user::Column::Email, user::Column::Name]);
        let of_account = Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId));
        QueryTrait::query(&mut select).inner_join(user::Entity, of_account);
        select = select.filter(Expr::col((Entity, Column::CompanyId)).not_in_subquery(unconfirmed()));
        if let Some(since) = changed_since {
            select = select.filter(Column::UpdatedAt.gte(since));
        }
        if let Some((at, company, user)) = after {
            let column = |column: Column| Expr::col((Entity, column));
            let position = [column(Column::UpdatedAt), column(Column::CompanyId), column(Column::UserId)];
            let last = [Expr::val(at), Expr::val(company.0), Expr::val(user.0)];
            // The second bound says it again for SQLite, which uses no index for row values.
            select = select.filter(Expr::tuple(position).gt(Expr::tuple(last))).filter(Column::UpdatedAt.gte(at));
        }
        let rows: Vec<Row> = select
            .order_by_asc(Column::UpdatedAt)
            .order_by_asc(Column::CompanyId)
            .order_by_asc(Column::UserId)
            .limit(limit.clamp(1, MAX))
            .into_model()
            .all(self.db())
            .await?;
        let mut users = rows.into_iter().map(TryInto::try_into).collect::<Result<Vec<DirectoryUser>>>()?;
        let keys: Vec<_> = users.iter().map(|user| (user.company_id, user.user_id)).collect();
        let mut teams = self.teams_of(&keys).await?;
        for user in &mut users {
            user.team_ids = teams.remove(&(user.company_id, user.user_id)).unwrap_or_default();
        }
        Ok(users)
    }
}

/// The companies whose sign-up is not confirmed: nobody learns of them yet.
fn unconfirmed() -> SelectStatement {
    Query::select()
        .column(company::Column::Id)
        .from(company::Entity)
        .and_where(company::Column::ConfirmUntil.is_not_null())
        .to_owned()
}
