//! Who is in which team. The company is held by all who write it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use crm_core::Violations;
use crm_core::ids::{CompanyId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait};
use sea_orm::{QueryFilter, QuerySelect};
use uuid::Uuid;

use super::input::MAX_MEMBERS;
use crate::base::error::{Conflict, Result};
use crate::base::ids::TeamId;
use crate::rows::{membership, team, team_member};
use crate::users::REMOVED;

/// Those of these users who belong to the company.
pub(super) async fn known(tx: &DatabaseTransaction, company: CompanyId, users: &[UserId]) -> Result<HashSet<Uuid>> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    use membership::Column;
    let known: Vec<Uuid> = membership::Entity::find()
        .select_only()
        .column(Column::UserId)
        .filter(Column::CompanyId.eq(company.0))
        .filter(Column::UserId.is_in(users.iter().map(|user| user.0)))
        .filter(Column::Status.ne(REMOVED))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(known.into_iter().collect())
}

/// Writes the members of a team, and counts it in those who join or leave.
pub(super) async fn set_members(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    company: CompanyId,
    team: TeamId,
    before: &[UserId],
    after: &[UserId],
) -> Result<()> {
    let (joined, left) = difference(before, after);
    remove(tx, company, &[team], &left).await?;
    add(tx, joined.iter().map(|user| (company, team, *user))).await?;
    touch_users(tx, now, company, &[joined, left].concat()).await
}

/// Writes the teams of a user, and counts it in those teams.
pub(crate) async fn set_teams(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    company: CompanyId,
    user: UserId,
    before: &[TeamId],
    after: &[TeamId],
) -> Result<()> {
    let (joined, left) = difference(before, after);
    ensure_teams(tx, company, after).await?;
    remove(tx, company, &left, &[user]).await?;
    add(tx, joined.iter().map(|team| (company, *team, user))).await?;
    ensure_size(tx, company, &joined).await?;
    touch_teams(tx, now, company, &[joined, left].concat()).await
}

/// Takes a user out of all teams, also as their manager.
pub(crate) async fn leave_all(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    company: CompanyId,
    user: UserId,
) -> Result<()> {
    use team::Column;
    let led = Column::CompanyId.eq(company.0).and(Column::ManagerId.eq(user.0));
    let managed: Vec<Uuid> =
        team::Entity::find().select_only().column(Column::Id).filter(led.clone()).into_tuple().all(tx).await?;
    team::Entity::update_many().col_expr(Column::ManagerId, Expr::val(None::<Uuid>)).filter(led).exec(tx).await?;
    let mut teams = teams_of(tx, company, user).await?;
    remove(tx, company, &teams, &[user]).await?;
    teams.extend(managed.into_iter().map(TeamId));
    touch_teams(tx, now, company, &teams).await
}

/// Those who come, and those who go.
fn difference<T: Copy + PartialEq + Eq + std::hash::Hash>(before: &[T], after: &[T]) -> (Vec<T>, Vec<T>) {
    let without = |all: &[T], some: &[T]| {
        let some: HashSet<T> = some.iter().copied().collect();
        all.iter().copied().filter(|item| !some.contains(item)).collect()
    };
    (without(after, before), without(before, after))
}

async fn teams_of(tx: &DatabaseTransaction, company: CompanyId, user: UserId) -> Result<Vec<TeamId>> {
    use team_member::Column;
    let of_user = Column::CompanyId.eq(company.0).and(Column::UserId.eq(user.0));
    let rows = team_member::Entity::find().filter(of_user).all(tx).await?;
    Ok(rows.into_iter().map(|row| row.team_id.into()).collect())
}

async fn ensure_teams(tx: &DatabaseTransaction, company: CompanyId, teams: &[TeamId]) -> Result<()> {
    if teams.is_empty() {
        return Ok(());
    }
    let known: Vec<Uuid> = team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(team::Column::CompanyId.eq(company.0))
        .filter(team::Column::Id.is_in(teams.iter().map(|team| team.0)))
        .into_tuple()
        .all(tx)
        .await?;
    let mut violations = Violations::default();
    for (index, team) in teams.iter().enumerate() {
        if !known.contains(&team.0) {
            violations.add(format!("/teamIds/{index}"), "team_unknown", "the company has no such team");
        }
    }
    Ok(violations.into_result()?)
}

async fn ensure_size(tx: &DatabaseTransaction, company: CompanyId, teams: &[TeamId]) -> Result<()> {
    use team_member::Column;
    for team in teams {
        let of_team = Column::CompanyId.eq(company.0).and(Column::TeamId.eq(team.0));
        if team_member::Entity::find().filter(of_team).count(tx).await? > MAX_MEMBERS as u64 {
            return Err(Conflict::TooMany.into());
        }
    }
    Ok(())
}

async fn add(tx: &DatabaseTransaction, members: impl Iterator<Item = (CompanyId, TeamId, UserId)>) -> Result<()> {
    let rows: Vec<_> = members
        .map(|(company, team, user)| team_member::ActiveModel {
            company_id: Set(company.0),
            team_id: Set(team.0),
            user_id: Set(user.0),
        })
        .collect();
    if !rows.is_empty() {
        team_member::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn remove(tx: &DatabaseTransaction, company: CompanyId, teams: &[TeamId], users: &[UserId]) -> Result<()> {
    if teams.is_empty() || users.is_empty() {
        return Ok(());
    }
    use team_member::Column;
    let rows = Condition::all()
        .add(Column::CompanyId.eq(company.0))
        .add(Column::TeamId.is_in(teams.iter().map(|team| team.0)))
        .add(Column::UserId.is_in(users.iter().map(|user| user.0)));
    team_member::Entity::delete_many().filter(rows).exec(tx).await?;
    Ok(())
}

async fn touch_teams(tx: &DatabaseTransaction, now: DateTime<Utc>, company: CompanyId, teams: &[TeamId]) -> Result<()> {
    if teams.is_empty() {
        return Ok(());
    }
    use team::Column;
    team::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(now))
        .filter(Column::CompanyId.eq(company.0))
        .filter(Column::Id.is_in(teams.iter().map(|team| team.0)))
        .exec(tx)
        .await?;
    Ok(())
}

async fn touch_users(tx: &DatabaseTransaction, now: DateTime<Utc>, company: CompanyId, users: &[UserId]) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    use membership::Column;
    membership::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(now))
        .filter(Column::CompanyId.eq(company.0))
        .filter(Column::UserId.is_in(users.iter().map(|user| user.0)))
        .exec(tx)
        .await?;
    Ok(())
}
