//! The mirror of teams, by which the company's record access knows whose records a user sees.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, InsertStatement, OnConflict, Query};
use sea_orm::{EntityTrait, IdenStatic, QueryTrait};
use uuid::Uuid;

use super::directory::UsersDirectory;
use super::team_member_row as member;
use super::team_row as row;
use crate::base::error::Result;
use crate::base::ids::{CompanyId, TeamId, UserId};
use crate::base::text::fold;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::actor::Actor;

crate::scope::company_owned!(member, UserId, UserId);

/// The number of teams in one statement.
const TEAMS: usize = 1_000;
/// The number of users whose teams are compared at once.
const USERS: usize = 100;
/// The number of members in one statement; SQLite allows about 32,000 values in one.
const MEMBERS: usize = 5_000;

/// A team in another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamProfile {
    /// The id of the team.
    pub id: TeamId,
    /// Its name, if known.
    pub name: Option<String>,
    /// The team that it is part of.
    pub parent_id: Option<TeamId>,
    /// The user who manages it, and the teams below it.
    pub manager_id: Option<UserId>,
}

/// The teams that a user is a member of, in another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTeams {
    /// The user.
    pub user_id: UserId,
    /// All of their teams.
    pub team_ids: Vec<TeamId>,
}

impl UsersDirectory<'_> {
    /// Makes the mirror of these teams of a company equal to these profiles; other teams stay as they are. Of two profiles
    /// with the same id the last one counts. For a team that is gone, mirror its members and the teams below it without it.
    /// It takes effect at once in this process, and within five seconds in others.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    #[tracing::instrument(name = "users_directory.mirror_teams", skip_all, fields(company.id = %company))]
    pub async fn mirror_teams(&self, company: CompanyId, teams: &[TeamProfile]) -> Result<()> {
        // In one order everywhere: two instances that write the same teams do not deadlock.
        let unique: BTreeMap<TeamId, TeamProfile> = teams.iter().map(|team| (team.id, team.clone())).collect();
        let unique: Vec<TeamProfile> = unique.into_values().collect();
        if unique.is_empty() {
            return Ok(());
        }
        let mut scope = self.crm.on(Actor::system(company), self.db);
        let written = scope
            .write_unchecked(async |tx| {
                let mut written = 0;
                for batch in unique.chunks(TEAMS) {
                    let statement = replace(tx, batch);
                    written += tx.execute(&statement).await?;
                }
                Ok(written)
            })
            .await?;
        self.forget(written);
        Ok(())
    }

    /// Makes the mirror of these users' teams equal to these lists; those of other users stay as they are. Of two lists of
    /// the same user the last one counts. It takes effect like [`Self::mirror_teams`].
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    #[tracing::instrument(name = "users_directory.mirror_members", skip_all, fields(company.id = %company))]
    pub async fn mirror_members(&self, company: CompanyId, users: &[UserTeams]) -> Result<()> {
        let lists: BTreeMap<Uuid, BTreeSet<Uuid>> = users.iter().map(UserTeams::ids).collect();
        let lists: Vec<(Uuid, BTreeSet<Uuid>)> = lists.into_iter().collect();
        if lists.is_empty() {
            return Ok(());
        }
        let mut scope = self.crm.on(Actor::system(company), self.db);
        let written = scope
            .write_unchecked(async |tx| {
                let mut written = 0;
                for batch in lists.chunks(USERS) {
                    written += set_members(tx, batch).await?;
                }
                Ok(written)
            })
            .await?;
        self.forget(written);
        Ok(())
    }

    /// Forgets what is known of teams, if that has changed.
    fn forget(&self, written: u64) {
        if written > 0 {
            self.crm.0.colleagues.invalidate();
        }
    }
}

impl UserTeams {
    fn ids(&self) -> (Uuid, BTreeSet<Uuid>) {
        (self.user_id.0, self.team_ids.iter().map(|team| team.0).collect())
    }
}

/// Adds teams, or sets what differs.
fn replace(tx: &CompanyTx<'_>, teams: &[TeamProfile]) -> InsertStatement {
    const VALUES: [row::Column; 4] =
        [row::Column::ParentId, row::Column::ManagerId, row::Column::Name, row::Column::NameKey];
    let rows = teams.iter().map(|team| row::ActiveModel {
        company_id: Set(tx.company.id.0),
        id: Set(team.id.0),
        name_key: Set(fold(team.name.as_deref().unwrap_or_default())),
        name: Set(team.name.clone()),
        parent_id: Set(team.parent_id.map(|parent| parent.0)),
        manager_id: Set(team.manager_id.map(|manager| manager.0)),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    });
    let differs = VALUES.map(|column| {
        let name = column.as_str();
        // NULL is a value here, for both databases.
        Expr::cust(format!("{}.{name} IS DISTINCT FROM excluded.{name}", row::TABLE))
    });
    let mut conflict = OnConflict::columns([row::Column::CompanyId, row::Column::Id]);
    conflict.update_columns(VALUES).update_column(row::Column::UpdatedAt);
    conflict.action_cond_where(differs.into_iter().fold(Condition::any(), Condition::add));
    row::Entity::insert_many(rows).on_conflict(conflict).into_query()
}

/// Writes what differs in the teams of these users, and gives the number of rows.
async fn set_members(tx: &mut CompanyTx<'_>, lists: &[(Uuid, BTreeSet<Uuid>)]) -> Result<u64> {
    let column = |name: &'static str| Expr::col((member::TABLE, name));
    let users: Vec<Uuid> = lists.iter().map(|(user, _)| *user).collect();
    let known = tx.find::<member::Entity>().filter(any_of(column("user_id"), users, tx.is_postgres()));
    let known: Vec<member::Model> = known.fetch_up_to(u32::MAX.into()).await?;
    let known: BTreeSet<(Uuid, Uuid)> = known.into_iter().map(|row| (row.user_id, row.team_id)).collect();
    let wanted: BTreeSet<(Uuid, Uuid)> =
        lists.iter().flat_map(|(user, teams)| teams.iter().map(|team| (*user, *team))).collect();
    let mut written = 0;
    for (user, teams) in lists {
        let gone = known.range((*user, Uuid::nil())..=(*user, Uuid::max())).map(|(_, team)| *team);
        let gone: Vec<Uuid> = gone.filter(|team| !teams.contains(team)).collect();
        if !gone.is_empty() {
            let delete = Query::delete()
                .from_table(member::TABLE)
                .and_where(Expr::col("company_id").eq(tx.company.id.0))
                .and_where(Expr::col("user_id").eq(*user))
                .and_where(any_of(Expr::col("team_id"), gone, tx.is_postgres()))
                .to_owned();
            written += tx.execute(&delete).await?;
        }
    }
    let new: Vec<(Uuid, Uuid)> = wanted.difference(&known).copied().collect();
    for batch in new.chunks(MEMBERS) {
        let statement = join(tx, batch);
        written += tx.execute(&statement).await?;
    }
    Ok(written)
}

/// Adds members; another instance may have been quicker.
fn join(tx: &CompanyTx<'_>, members: &[(Uuid, Uuid)]) -> InsertStatement {
    use member::Column;
    let rows = members.iter().map(|(user, team)| member::ActiveModel {
        company_id: Set(tx.company.id.0),
        user_id: Set(*user),
        team_id: Set(*team),
    });
    let conflict = OnConflict::columns([Column::CompanyId, Column::UserId, Column::TeamId]).do_nothing().to_owned();
    member::Entity::insert_many(rows).on_conflict(conflict).into_query()
}
