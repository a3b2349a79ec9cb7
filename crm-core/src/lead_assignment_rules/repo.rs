//! The operations on rules by which leads are assigned.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::input::{LeadAssignmentRulePatch, NewLeadAssignmentRule};
use super::model::{LeadAssignmentRule, LeadAssignmentStrategy};
use super::query::{LeadAssignmentRuleQuery, order, sort_key};
use super::row::{self, TABLE};
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{LeadAssignmentRuleId, UserId};
use crate::query::dialect::any_of;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, read_page, user};
use crate::users;

/// How many rules a company has at most.
const MAX_RULES: u64 = 50;

/// The rules by which the company's leads are assigned. Obtained from [`CompanyScope::lead_assignment_rules`].
#[derive(Debug)]
pub struct LeadAssignmentRules<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The rules by which the company's leads are assigned.
    pub fn lead_assignment_rules(&mut self) -> LeadAssignmentRules<'_, 'c> {
        LeadAssignmentRules(self)
    }
}

impl LeadAssignmentRules<'_, '_> {
    /// Adds a rule.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults, also for unknown and inactive users;
    /// [`Conflict::TooManyLeadAssignmentRules`](crate::Conflict::TooManyLeadAssignmentRules).
    #[tracing::instrument(name = "lead_assignment_rules.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewLeadAssignmentRule) -> Result<LeadAssignmentRule> {
        self.ensure_mirrored(Action::Create, new.named_users()).await?;
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// One rule.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: LeadAssignmentRuleId) -> Result<LeadAssignmentRule> {
        self.may_read().await?;
        let rule = self.0.find::<row::Entity>().select(row::columns()).by_id(id);
        rule.one().await?.ok_or_else(|| Error::not_found(Kind::LeadAssignmentRule, id))
    }

    /// A page of rules. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "lead_assignment_rules.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(
        &self,
        query: &LeadAssignmentRuleQuery,
        request: &PageRequest,
    ) -> Result<Page<LeadAssignmentRule>> {
        self.may_read().await?;
        let find = || self.0.find::<row::Entity>().select(row::columns()).filter(query.condition());
        let key = |rule: &LeadAssignmentRule| (sort_key(query.sort, rule), rule.id.0);
        read_page(find, &order(query.sort), &page::digest(&("lead_assignment_rules", query))?, request, key).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing. Users that the rule has stay, even if they are inactive by now.
    ///
    /// # Errors
    /// Those of [`LeadAssignmentRules::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "lead_assignment_rules.update", skip_all, fields(company.id = %self.0.company_id(), rule.id = %id))]
    pub async fn update(
        &mut self,
        id: LeadAssignmentRuleId,
        patch: LeadAssignmentRulePatch,
        expected: Option<i64>,
    ) -> Result<LeadAssignmentRule> {
        self.ensure_mirrored(Action::Update, patch.named_users()).await?;
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Deletes a rule for good. Leads that it has assigned keep their owners.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "lead_assignment_rules.delete", skip_all, fields(company.id = %self.0.company_id(), rule.id = %id))]
    pub async fn delete(&mut self, id: LeadAssignmentRuleId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::LeadAssignmentRules, Action::Delete, None, Some(id.0))?;
                let rule = locked(tx, id).await?;
                CompanyTx::expect_version(&rule, expected)?;
                tx.delete(&rule);
                Ok(())
            })
            .await
    }

    /// Before the transaction, so that it holds no connection while the directory is asked. An actor who will be refused
    /// causes no such request.
    async fn ensure_mirrored(&mut self, action: Action, users: BTreeSet<UserId>) -> Result<()> {
        if self.0.is_hosted() || self.0.reach(Resource::LeadAssignmentRules, action).is_err() {
            return Ok(());
        }
        for user in users {
            self.0.users().ensure_mirrored(user).await?;
        }
        Ok(())
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::LeadAssignmentRules, Action::Read).await.map(drop)
    }
}

/// The active rules in the order in which they are asked.
pub(super) async fn active(tx: &CompanyTx<'_>) -> Result<Vec<LeadAssignmentRule>> {
    let rules = tx.find::<row::Entity>().select(row::columns()).filter(Expr::col((TABLE, "is_active")).eq(true));
    let rules = rules.map(|select| select.order_by_asc(row::Column::Position).order_by_asc(row::Column::Id));
    rules.fetch_up_to(MAX_RULES).await
}

async fn locked(tx: &CompanyTx<'_>, id: LeadAssignmentRuleId) -> Result<LeadAssignmentRule> {
    let rule = tx.find::<row::Entity>().select(row::columns()).by_id(id).for_update();
    rule.one().await?.ok_or_else(|| Error::not_found(Kind::LeadAssignmentRule, id))
}

async fn create(tx: &mut CompanyTx<'_>, new: NewLeadAssignmentRule) -> Result<LeadAssignmentRule> {
    tx.authorize(Resource::LeadAssignmentRules, Action::Create, None, None)?;
    let new = new.validated(tx)?;
    if tx.find::<row::Entity>().count(Some(MAX_RULES)).await? >= MAX_RULES {
        return Err(Conflict::TooManyLeadAssignmentRules.into());
    }
    let mut rule = blank(tx);
    new.write(&mut rule);
    ensure_known(tx, None, &rule).await?;
    tx.insert(&rule).await?;
    Ok(rule)
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: LeadAssignmentRuleId,
    patch: LeadAssignmentRulePatch,
    expected: Option<i64>,
) -> Result<LeadAssignmentRule> {
    tx.authorize(Resource::LeadAssignmentRules, Action::Update, None, Some(id.0))?;
    let before = locked(tx, id).await?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    patch.apply(&before).validated(tx)?.write(&mut after);
    ensure_known(tx, Some(&before), &after).await?;
    tx.update(&before, &mut after, Change::Updated).await?;
    Ok(after)
}

/// Refuses a team that the company does not have, unless the rule has had it before.
async fn ensure_team_known(
    tx: &CompanyTx<'_>,
    before: Option<&LeadAssignmentRule>,
    after: &LeadAssignmentRule,
) -> Result<()> {
    let new = after.team_id.filter(|team| before.and_then(|rule| rule.team_id) != Some(*team));
    match new {
        Some(team) if !users::known_teams(tx, vec![team.0]).await?.contains(&team) => {
            Err(users::unknown_team("/teamId").into())
        }
        _ => Ok(()),
    }
}

/// Refuses users that the company does not have, and inactive ones, unless the rule has had them before.
async fn ensure_known(
    tx: &CompanyTx<'_>,
    before: Option<&LeadAssignmentRule>,
    after: &LeadAssignmentRule,
) -> Result<()> {
    ensure_team_known(tx, before, after).await?;
    let had: HashSet<UserId> = before.into_iter().flat_map(LeadAssignmentRule::users).map(|(user, _)| user).collect();
    let new: Vec<(UserId, String)> = after.users().filter(|(user, _)| !had.contains(user)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = new.iter().map(|(user, _)| user.0).collect::<BTreeSet<_>>().into_iter().collect();
    let most = ids.len() as u64;
    let known = tx.find::<user::Entity>().filter(any_of(Expr::col("id"), ids, tx.is_postgres()));
    let known: Vec<user::Model> = known.fetch_up_to(most).await?;
    let known: HashMap<Uuid, bool> = known.into_iter().map(|user| (user.id, user.is_active)).collect();
    let mut violations = Violations::default();
    for (user, pointer) in new {
        match known.get(&user.0) {
            Some(true) => {}
            Some(false) => violations.0.extend(users::unknown(&pointer).0),
            None => violations.0.extend(users::unseen(tx, user, &pointer).0),
        }
    }
    Ok(violations.into_result()?)
}

/// A rule with nothing in it but an id.
fn blank(tx: &CompanyTx<'_>) -> LeadAssignmentRule {
    let by = ActorRef::from(tx.actor());
    let mut rule = LeadAssignmentRule {
        id: tx.id().into(),
        version: 1,
        name: String::new(),
        description: None,
        condition: None,
        strategy: LeadAssignmentStrategy::default(),
        user_ids: Vec::new(),
        team_id: None,
        field: None,
        field_users: Vec::new(),
        capacity: None,
        working_hours_only: false,
        position: 0,
        is_active: true,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut rule);
    rule
}
