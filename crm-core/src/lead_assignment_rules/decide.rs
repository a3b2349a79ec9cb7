//! Who gets a lead by the rules.

use super::explain::{ExplainedRule, LeadRuleOutcome};
use super::matching::{self, Match};
use super::model::{LeadAssignmentRule, LeadAssignmentStrategy, LeadRuleRef};
use super::pick::Choice;
use super::pool::{self, Pool};
use super::repo;
use crate::base::error::Result;
use crate::base::ids::LeadId;
use crate::scope::CompanyTx;
use crate::users::UserRef;
use crate::working_time::WorkingTime;

/// The rule that has decided, and who gets the lead.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub rule: LeadRuleRef,
    pub owner: UserRef,
}

/// Asks the active rules about a lead whose rows this transaction sees, and tells what each of them says. The turn of the user
/// who gets the lead is over; their lead is still to be written.
pub(crate) async fn decide(tx: &mut CompanyTx<'_>, lead: LeadId) -> Result<(Option<Decision>, Vec<ExplainedRule>)> {
    let rules = repo::active(tx).await?;
    let matches = matching::of_rules(tx, &[lead], &rules).await?;
    let is_working = is_working(tx);
    let (mut decision, mut explained) = (None, Vec::with_capacity(rules.len()));
    for (place, rule) in rules.iter().enumerate() {
        let matched = matches.of(lead, place);
        let is_matched = matched == Match::Yes;
        let told = match matched {
            _ if decision.is_some() => rule.says(LeadRuleOutcome::NotReached, is_matched),
            Match::No => rule.says(LeadRuleOutcome::NotMatched, false),
            Match::Invalid => rule.says(LeadRuleOutcome::ConditionInvalid, false),
            Match::Yes if rule.working_hours_only && !is_working => {
                rule.says(LeadRuleOutcome::OutsideWorkingHours, true)
            }
            Match::Yes => {
                let (owner, told) = choose(tx, lead, rule).await?;
                decision = owner.map(|owner| Decision { rule: rule.reference(), owner });
                told
            }
        };
        explained.push(told);
    }
    Ok((decision, explained))
}

/// The user that a rule chooses for a lead that meets it.
async fn choose(
    tx: &mut CompanyTx<'_>,
    lead: LeadId,
    rule: &LeadAssignmentRule,
) -> Result<(Option<UserRef>, ExplainedRule)> {
    let pool = match rule.strategy {
        LeadAssignmentStrategy::ByField => match matching::users_of_values(tx, &[lead], rule).await?.remove(&lead) {
            Some(user) => Pool::Users(vec![user]),
            None => return Ok((None, rule.says(LeadRuleOutcome::NoUserForValue, true))),
        },
        _ => rule.pool(),
    };
    let last = match rule.is_held() {
        true => match pool::hold(tx, rule.id).await? {
            Some(turn) => turn.last(),
            None => return Ok((None, rule.says(LeadRuleOutcome::NobodyAvailable, true))),
        },
        false => None,
    };
    let candidates = pool::candidates(tx, &[lead], rule, &pool).await?;
    let choice = Choice { strategy: rule.strategy, capacity: rule.capacity, last };
    let picked = choice.pick(&candidates);
    let outcome = if picked.is_some() { LeadRuleOutcome::Decided } else { LeadRuleOutcome::NobodyAvailable };
    let told = ExplainedRule { users: choice.explain(&candidates, picked), ..rule.says(outcome, true) };
    let Some(chosen) = picked.and_then(|place| candidates.get(place)) else {
        return Ok((None, told));
    };
    pool::pass_turn(tx, rule, chosen.user).await?;
    Ok((Some(UserRef { id: chosen.user, display_name: chosen.display_name.clone() }), told))
}

pub(super) fn is_working(tx: &CompanyTx<'_>) -> bool {
    let settings = &tx.company.settings;
    WorkingTime::new(settings.working_hours.as_ref(), settings.zone()).contains(tx.now())
}

impl LeadAssignmentRule {
    pub(super) fn reference(&self) -> LeadRuleRef {
        LeadRuleRef { id: self.id, name: Some(self.name.clone()) }
    }
}
