//! Memberships with what is shown of their accounts.

use std::collections::HashMap;
use std::fmt;

use crm_core::ids::{CompanyId, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use super::model::User;
use crate::base::error::{Error, Result};
use crate::base::ids::TeamId;
use crate::rows::{team_member, user};

/// The status of members that were removed. They are not listed and not found.
pub(crate) const REMOVED: &str = "removed";

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "um_memberships")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub name_key: String,
    pub role: String,
    pub status: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub permissions: Json,
    // Those of the account.
    pub email: String,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub last_sign_in_at: Option<ChronoDateTimeUtc>,
    pub totp_confirmed_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Model {
    /// The user, without teams.
    pub(super) fn read(self) -> Result<User> {
        Ok(User {
            id: self.user_id.into(),
            version: self.version,
            email: self.email,
            name: self.name,
            role: self.role.parse().map_err(Error::internal)?,
            permissions: serde_json::from_value(self.permissions).map_err(Error::internal)?,
            status: self.status.parse().map_err(Error::internal)?,
            team_ids: Vec::new(),
            locale: self.locale,
            time_zone: self.time_zone,
            last_sign_in_at: self.last_sign_in_at,
            has_second_factor: self.totp_confirmed_at.is_some(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The members of a company, without those removed.
pub(super) fn members(company: CompanyId) -> Select<Entity> {
    let own = [
        Column::CompanyId,
        Column::UserId,
        Column::Version,
        Column::CreatedAt,
        Column::UpdatedAt,
        Column::NameKey,
        Column::Role,
        Column::Status,
        Column::Permissions,
    ];
    use user::Column as Account;
    let mut select = Entity::find().select_only().columns(own).columns([
        Account::Email,
        Account::Name,
        Account::Locale,
        Account::TimeZone,
        Account::LastSignInAt,
        Account::TotpConfirmedAt,
    ]);
    let of_account = Expr::col((user::Entity, Account::Id)).equals((Entity, Column::UserId));
    // A left join, though each member has an account: PostgreSQL leaves it out where it only counts.
    QueryTrait::query(&mut select).left_join(user::Entity, of_account);
    select.filter(Column::CompanyId.eq(company.0)).filter(Column::Status.ne(REMOVED))
}

/// One member with their teams.
pub(crate) async fn find(db: &impl ConnectionTrait, company: CompanyId, id: UserId) -> Result<User> {
    let row = members(company).filter(Column::UserId.eq(id.0)).one(db).await?.ok_or(Error::NotFound("user"))?;
    let mut users = [row.read()?];
    add_teams(db, company, &mut users).await?;
    let [user] = users;
    Ok(user)
}

/// Reads the teams of users, in one statement.
pub(super) async fn add_teams(db: &impl ConnectionTrait, company: CompanyId, users: &mut [User]) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let ids = users.iter().map(|user| user.id.0);
    let rows = team_member::Entity::find()
        .filter(team_member::Column::CompanyId.eq(company.0))
        .filter(team_member::Column::UserId.is_in(ids))
        .order_by_asc(team_member::Column::TeamId)
        .all(db)
        .await?;
    let mut teams: HashMap<Uuid, Vec<TeamId>> = HashMap::new();
    for row in rows {
        teams.entry(row.user_id).or_default().push(row.team_id.into());
    }
    for user in users {
        user.team_ids = teams.remove(&user.id.0).unwrap_or_default();
    }
    Ok(())
}
