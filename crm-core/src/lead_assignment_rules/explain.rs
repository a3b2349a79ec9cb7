//! What rules say of a lead, and why.

use serde::{Deserialize, Serialize};

use super::model::LeadAssignmentRule;
use crate::base::ids::{LeadAssignmentRuleId, UserId};
use crate::base::string_enum::string_enum;

string_enum! {
    /// What a rule says of a lead.
    LeadRuleOutcome {
        /// It has a user for it.
        Decided = "decided",
        /// The lead does not meet its condition.
        NotMatched = "not_matched",
        /// Its condition names what is no longer there.
        ConditionInvalid = "condition_invalid",
        /// It only applies in working hours, which these are not.
        OutsideWorkingHours = "outside_working_hours",
        /// No user goes with the value of its field.
        NoUserForValue = "no_user_for_value",
        /// None of its users is active and has less open leads than the rule allows.
        NobodyAvailable = "nobody_available",
        /// A rule before it has decided.
        NotReached = "not_reached",
    }
}

string_enum! {
    /// Why a user gets a lead by a rule, or does not.
    LeadCandidateOutcome {
        /// They get it.
        Taken = "taken",
        /// It is another user's turn.
        NotTheirTurn = "not_their_turn",
        /// Another user has fewer open leads.
        MoreLoaded = "more_loaded",
        /// They have as many open leads as the rule allows.
        AtCapacity = "at_capacity",
        /// They do not use the CRM any more, or the CRM does not know them.
        Inactive = "inactive",
    }
}

/// A user that a rule may choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExplainedCandidate {
    /// The user.
    pub user_id: UserId,
    /// Their name, if known.
    pub display_name: Option<String>,
    /// Why they get the lead, or do not.
    pub outcome: LeadCandidateOutcome,
    /// How many other open leads they have; absent if the rule does not ask.
    pub open_leads: Option<i64>,
}

/// What a rule says of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExplainedRule {
    /// The rule.
    pub rule_id: LeadAssignmentRuleId,
    /// Its name.
    pub name: String,
    /// Whether the lead meets its condition.
    pub is_matched: bool,
    /// What it says.
    pub outcome: LeadRuleOutcome,
    /// The users that it may choose, in their order; none if it was not asked for them.
    pub users: Vec<ExplainedCandidate>,
}

impl LeadAssignmentRule {
    /// What the rule says, before users are looked at.
    pub(super) fn says(&self, outcome: LeadRuleOutcome, is_matched: bool) -> ExplainedRule {
        ExplainedRule { rule_id: self.id, name: self.name.clone(), is_matched, outcome, users: Vec::new() }
    }
}
