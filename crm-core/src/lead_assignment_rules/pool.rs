//! The users of a rule, or the members of its team: who they are, how many open leads they have, and whose turn it is.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::{LeadAssignmentRule, LeadAssignmentStrategy};
use super::pick::Candidate;
use super::row::{self, TABLE};
use crate::base::error::Result;
use crate::base::ids::{LeadAssignmentRuleId, LeadId, TeamId, UserId};
use crate::leads;
use crate::query::dialect::{any_of, selected_by};
use crate::scope::{CompanyTx, user};
use crate::users::TEAM_MEMBERS;

/// The most members of a team that a rule chooses from.
const MAX_MEMBERS: u64 = 500;

/// The users that a rule chooses from.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Users(Vec<UserId>),
    Team(TeamId),
}

impl Pool {
    /// Whether it is known that nobody is in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Users(users) if users.is_empty())
    }
}

/// Whose turn was last.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(super) struct Turn {
    turn_user_id: Option<Uuid>,
}

impl Turn {
    pub fn last(self) -> Option<UserId> {
        self.turn_user_id.map(Into::into)
    }
}

impl LeadAssignmentRule {
    pub(super) fn pool(&self) -> Pool {
        self.team_id.map_or_else(|| Pool::Users(self.user_ids.clone()), Pool::Team)
    }

    /// Whether it depends on what else was assigned, so that two leads cannot be assigned by it at the same time.
    pub(super) fn is_held(&self) -> bool {
        self.takes_turns() || self.capacity.is_some()
    }

    fn takes_turns(&self) -> bool {
        matches!(self.strategy, LeadAssignmentStrategy::RoundRobin | LeadAssignmentStrategy::LeastLoaded)
    }

    fn counts_leads(&self) -> bool {
        self.capacity.is_some() || self.strategy == LeadAssignmentStrategy::LeastLoaded
    }
}

/// Holds a rule until the transaction ends, and tells whose turn was last. `None` if it was deleted meanwhile.
pub(super) async fn hold(tx: &CompanyTx<'_>, rule: LeadAssignmentRuleId) -> Result<Option<Turn>> {
    let rule = tx.find::<row::Entity>().by_id(rule);
    let rule = rule.map(|select| select.select_only().column(row::Column::TurnUserId));
    rule.for_no_key_update().one().await
}

/// The next turn is that of the user after this one.
pub(super) async fn pass_turn(tx: &mut CompanyTx<'_>, rule: &LeadAssignmentRule, user: UserId) -> Result<()> {
    if !rule.takes_turns() {
        return Ok(());
    }
    let update = Query::update()
        .table(TABLE)
        .value("turn_user_id", user.0)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(rule.id.0))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// These users in their order, or the members of the team. Leads that are asked about are not counted.
pub(super) async fn candidates(
    tx: &mut CompanyTx<'_>,
    leads: &[LeadId],
    rule: &LeadAssignmentRule,
    pool: &Pool,
) -> Result<Vec<Candidate>> {
    let known = of_pool(tx, pool).await?;
    let users: Vec<UserId> = match pool {
        Pool::Users(users) => users.clone(),
        Pool::Team(_) => known.iter().map(|user| UserId(user.id)).collect(),
    };
    let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let mut known: HashMap<Uuid, user::Model> = known.into_iter().map(|user| (user.id, user)).collect();
    let loads = match rule.counts_leads() {
        true => Some(open_leads(tx, leads, ids).await?),
        false => None,
    };
    let candidate = |user: &UserId| {
        let found = known.remove(&user.0);
        Candidate {
            user: *user,
            is_active: found.as_ref().is_some_and(|user| user.is_active),
            display_name: found.and_then(|user| user.display_name),
            open_leads: loads.as_ref().map(|loads| loads.get(&user.0).copied().unwrap_or_default()),
        }
    };
    Ok(users.iter().map(candidate).collect())
}

/// Those of a pool that the mirror of users has. One statement.
async fn of_pool(tx: &CompanyTx<'_>, pool: &Pool) -> Result<Vec<user::Model>> {
    let (find, is_postgres) = (tx.find::<user::Entity>(), tx.is_postgres());
    match pool {
        Pool::Users(users) => {
            let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
            let most = ids.len() as u64;
            find.filter(any_of(Expr::col("id"), ids, is_postgres)).fetch_up_to(most).await
        }
        Pool::Team(team) => {
            let members = Query::select()
                .column("user_id")
                .from(TEAM_MEMBERS)
                .and_where(Expr::col("company_id").eq(tx.company.id.0))
                .and_where(Expr::col("team_id").eq(team.0))
                .to_owned();
            let of_team = find.filter(selected_by(Expr::col("id"), members, is_postgres));
            of_team.map(|select| select.order_by_asc(user::Column::Id)).fetch_up_to(MAX_MEMBERS).await
        }
    }
}

/// How many open leads users have, without these.
async fn open_leads(tx: &mut CompanyTx<'_>, but: &[LeadId], users: Vec<Uuid>) -> Result<HashMap<Uuid, i64>> {
    let but: Vec<Uuid> = but.iter().map(|lead| lead.0).collect();
    let counts = Query::select()
        .column("owner_id")
        .expr_as(Func::count(Expr::col("id")), "open_leads")
        .from(leads::TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("owner_id"), users, tx.is_postgres()))
        .and_where(Expr::cust(leads::IS_OPEN))
        .and_where(any_of(Expr::col("id"), but, tx.is_postgres()).not())
        .group_by_col("owner_id")
        .to_owned();
    let rows = tx.query(&counts).await?;
    rows.iter().map(|row| Ok((row.try_get("", "owner_id")?, row.try_get("", "open_leads")?))).collect()
}
