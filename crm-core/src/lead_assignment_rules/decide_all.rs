//! Who gets leads of which many are added at once: a rule is asked about all of them, in a number of statements that does not
//! depend on theirs.

use std::collections::HashMap;

use super::decide::{Decision, is_working};
use super::matching::{self, Match};
use super::model::{LeadAssignmentRule, LeadAssignmentStrategy};
use super::pick::{Candidate, Choice};
use super::pool::{self, Pool};
use super::repo;
use crate::base::error::Result;
use crate::base::ids::{LeadId, UserId};
use crate::scope::CompanyTx;
use crate::users::UserRef;

/// A lead that is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub lead: LeadId,
    /// Whether it counts among the open leads of the user who gets it.
    pub is_open: bool,
}

/// Asks the active rules about new leads without an owner, whose rows this transaction sees. Rule by rule and not lead by lead,
/// so that all writers hold the rules in the same order.
pub(crate) async fn decide_all(tx: &mut CompanyTx<'_>, asked: &[Asked]) -> Result<HashMap<LeadId, Decision>> {
    let mut round = Round { decisions: HashMap::new(), given: HashMap::new() };
    if asked.is_empty() {
        return Ok(round.decisions);
    }
    let rules = repo::active(tx).await?;
    if rules.is_empty() {
        return Ok(round.decisions);
    }
    let leads: Vec<LeadId> = asked.iter().map(|one| one.lead).collect();
    let matches = matching::of_rules(tx, &leads, &rules).await?;
    let is_working = is_working(tx);
    for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| is_working || !rule.working_hours_only) {
        let is_meant =
            |one: &&Asked| !round.decisions.contains_key(&one.lead) && matches.of(one.lead, place) == Match::Yes;
        let meant: Vec<Asked> = asked.iter().filter(is_meant).copied().collect();
        if !meant.is_empty() {
            round.ask(tx, rule, &meant, &leads).await?;
        }
    }
    Ok(round.decisions)
}

/// What was decided so far.
struct Round {
    decisions: HashMap<LeadId, Decision>,
    /// How many open leads users get, which are not written yet.
    given: HashMap<UserId, i64>,
}

impl Round {
    async fn ask(
        &mut self,
        tx: &mut CompanyTx<'_>,
        rule: &LeadAssignmentRule,
        meant: &[Asked],
        all: &[LeadId],
    ) -> Result<()> {
        let of_values = match rule.strategy {
            LeadAssignmentStrategy::ByField => {
                let leads: Vec<LeadId> = meant.iter().map(|one| one.lead).collect();
                Some(matching::users_of_values(tx, &leads, rule).await?)
            }
            _ => None,
        };
        let among = match &of_values {
            Some(of_values) => {
                let mut users: Vec<UserId> = of_values.values().copied().collect();
                users.sort_unstable();
                users.dedup();
                Pool::Users(users)
            }
            None => rule.pool(),
        };
        if among.is_empty() {
            return Ok(());
        }
        let turn = if rule.is_held() { pool::hold(tx, rule.id).await? } else { None };
        if rule.is_held() && turn.is_none() {
            return Ok(());
        }
        let mut choice =
            Choice { strategy: rule.strategy, capacity: rule.capacity, last: turn.and_then(pool::Turn::last) };
        let mut candidates = pool::candidates(tx, all, rule, &among).await?;
        for candidate in &mut candidates {
            let given = self.given.get(&candidate.user).copied().unwrap_or_default();
            candidate.open_leads = candidate.open_leads.map(|open| open + given);
        }
        let mut chosen_last = None;
        for one in meant {
            let picked = match &of_values {
                Some(of_values) => of_values.get(&one.lead).and_then(|user| choice.of_user(&candidates, *user)),
                None => choice.pick(&candidates),
            };
            let Some(candidate) = picked.and_then(|place| candidates.get_mut(place)) else {
                continue;
            };
            choice.last = Some(candidate.user);
            chosen_last = choice.last;
            self.give(rule, *one, candidate);
        }
        match chosen_last {
            Some(user) => pool::pass_turn(tx, rule, user).await,
            None => Ok(()),
        }
    }

    fn give(&mut self, rule: &LeadAssignmentRule, one: Asked, to: &mut Candidate) {
        if one.is_open {
            to.open_leads = to.open_leads.map(|open| open + 1);
            *self.given.entry(to.user).or_default() += 1;
        }
        let owner = UserRef { id: to.user, display_name: to.display_name.clone() };
        self.decisions.insert(one.lead, Decision { rule: rule.reference(), owner });
    }
}
