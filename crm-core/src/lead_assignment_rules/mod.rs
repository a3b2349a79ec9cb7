//! Rules by which leads are assigned: conditions over the fields of leads, and users who get those that meet them.
//!
//! - Active rules are asked in the order of their places. The first whose [condition](LeadAssignmentRule::condition) a lead
//!   meets, and that has a user for it, decides; without one the lead has no owner.
//! - Each has a [strategy](LeadAssignmentStrategy): one user, users in turn, the one with the fewest open leads, or the one
//!   that goes with the value of a field.
//! - In place of users a rule can have a team, whose members are those of the mirror when a lead comes.
//! - Users who are inactive, or have as many open leads as the rule allows, are passed over. A rule can be for working
//!   hours only: see [`CompanySettings`](crate::companies::CompanySettings).
//! - New leads without an owner are assigned so in the transaction that adds them; those that are there when they are asked to:
//!   [`Leads::assign_by`](crate::leads::Leads::assign_by), which can also explain what each rule says.
//! - A rule that takes users in turn is held until the transaction ends, so that writers at the same time are in turn as well.
//! - A rule whose condition names what is no longer there, such as a custom field of another type, is passed over.
//! - A company has at most 50 rules. They have no trash; leads keep the id of the rule that has assigned them.

mod decide;
mod decide_all;
mod explain;
mod input;
mod matching;
mod model;
mod pick;
mod pool;
mod query;
mod repo;
mod row;

pub(crate) use decide::{Decision, decide};
pub(crate) use decide_all::{Asked, decide_all};
pub use explain::{ExplainedCandidate, ExplainedRule, LeadCandidateOutcome, LeadRuleOutcome};
pub use input::{LeadAssignmentRulePatch, NewLeadAssignmentRule};
pub use model::{LeadAssignmentRule, LeadAssignmentStrategy, LeadFieldUser, LeadRuleRef};
pub use query::{LeadAssignmentRuleQuery, LeadAssignmentRuleSort, LeadAssignmentRuleSortKey};
pub use repo::LeadAssignmentRules;

crate::scope::company_owned!(row, Id, Version);
