//! Teams, as records show them, and which of them users are in.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::team_member_row as member;
use super::team_row as row;
use crate::base::error::{Result, Violations};
use crate::base::ids::{TeamId, UserId};
use crate::query::dialect::any_of;
use crate::scope::{CompanyScope, CompanyTx};

crate::scope::company_owned!(row, Id, UpdatedAt);

/// The table of the members of teams.
pub(crate) const TEAM_MEMBERS: &str = member::TABLE;

/// The most teams of a company, and the most memberships of users, that are read at once.
const MOST: u64 = 20_000;

/// A team as shown in records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TeamRef {
    /// The id.
    pub id: TeamId,
    /// The name, if known.
    pub name: Option<String>,
}

/// The teams that the company has, and those that some users are in.
#[derive(Debug, Default)]
pub(crate) struct Teams {
    /// By id: the name, and the team that it is part of.
    teams: HashMap<Uuid, (Option<String>, Option<Uuid>)>,
    /// The teams of each user.
    of_users: HashMap<Uuid, Vec<Uuid>>,
}

impl Teams {
    /// The teams that a user is in, and those above, in order. Teams in a circle are all above each other.
    pub(crate) fn of_user(&self, user: UserId) -> BTreeSet<TeamId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Uuid> = self.of_users.get(&user.0).cloned().unwrap_or_default();
        while let Some(id) = open.pop() {
            let Some((_, parent)) = self.teams.get(&id) else { continue };
            if found.insert(TeamId(id)) {
                open.extend(*parent);
            }
        }
        found
    }

    /// A team with its name.
    pub(crate) fn reference(&self, id: TeamId) -> TeamRef {
        TeamRef { id, name: self.teams.get(&id.0).and_then(|(name, _)| name.clone()) }
    }
}

/// All teams, and those that these users are in. Two statements.
pub(crate) async fn teams_of_users(scope: &CompanyScope<'_>, users: Vec<Uuid>) -> Result<Teams> {
    let rows: Vec<row::Model> = scope.find::<row::Entity>().fetch_up_to(MOST).await?;
    let teams = rows.into_iter().map(|team| (team.id, (team.name, team.parent_id))).collect();
    let mut of_users: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    if !users.is_empty() {
        let are_asked = any_of(Expr::col("user_id"), users, scope.is_postgres());
        let rows: Vec<member::Model> = scope.find::<member::Entity>().filter(are_asked).fetch_up_to(MOST).await?;
        for row in rows {
            of_users.entry(row.user_id).or_default().push(row.team_id);
        }
    }
    Ok(Teams { teams, of_users })
}

/// Those of these teams that the mirror has.
pub(crate) async fn known_teams(tx: &CompanyTx<'_>, ids: Vec<Uuid>) -> Result<HashSet<TeamId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let (most, are_asked) = (ids.len() as u64, any_of(Expr::col("id"), ids, tx.is_postgres()));
    let rows: Vec<row::Model> = tx.find::<row::Entity>().filter(are_asked).fetch_up_to(most).await?;
    Ok(rows.into_iter().map(|row| TeamId(row.id)).collect())
}

/// The violation for an unknown team.
pub(crate) fn unknown_team(pointer: &str) -> Violations {
    Violations::one(pointer, "team_unknown", "the company has no such team")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{TeamId, Teams, UserId};

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn a_user_counts_in_their_teams_and_those_above() {
        let team = |number, parent: Option<u128>| (id(number), (None, parent.map(id)));
        let teams = [team(1, None), team(2, Some(1)), team(3, Some(1)), team(4, Some(5)), team(5, Some(4))].into();
        let of_users = [(id(10), vec![id(2)]), (id(11), vec![id(2), id(3)]), (id(12), vec![id(4), id(99)])].into();
        let teams = Teams { teams, of_users };
        let of = |user| teams.of_user(UserId(id(user))).into_iter().collect::<Vec<_>>();
        let ids = |numbers: &[u128]| numbers.iter().map(|number| TeamId(id(*number))).collect::<Vec<_>>();
        assert_eq!([of(10), of(11)], [ids(&[1, 2]), ids(&[1, 2, 3])]);
        assert_eq!([of(12), of(13)], [ids(&[4, 5]), ids(&[])], "a circle ends, and a team that is not known is none");
    }
}
