//! Lead scoring: how likely a lead becomes a customer, as a number from 0 to 100 whose terms are told.
//!
//! - *Rules* are the company's own: a filter over the fields of a lead, and points for the leads that meet it. The points of a
//!   rule can decay with the days since the last activity: the last completed interaction, or the day on which the lead was
//!   added. Days are those of the company's time zone.
//! - A *frequency model* is learned from the company's won and lost leads: naive Bayes over a few features that tell nothing of
//!   who a person is, in points: ten for each doubling of the odds. It says nothing before it has seen enough leads of both
//!   kinds. A fifth of the leads is held out, and tells how good it is.
//! - The score is the sum of all terms, cut to 0 to 100: everything is whole numbers, so that the same lead has the same score on
//!   each database, and the terms always add up to it.
//! - It is stored with the lead, for lists: by each write of the lead in its transaction, by a job after an activity, after a
//!   change of the rules, and each night. A converted lead keeps the one it had.
//! - A company scores its leads from its first rule on, or from when it asks for a [rebuild](LeadScoring::rebuild). One that does
//!   not pays nothing for it.
//!
//! A score is no change of a lead: it has no history, no event, and no version of its own.

mod facts;
mod features;
mod input;
mod job;
mod learn;
mod model;
mod model_row;
mod query;
mod repo;
mod row;
mod score;
mod store;
mod weight_row;
mod write;

pub use input::{LeadScoringRulePatch, NewLeadScoringRule};
pub use job::ScoreLeads;
pub use model::{
    LeadScore, LeadScoreModel, LeadScoreTerm, LeadScoreTermKind, LeadScoringBin, LeadScoringModel, LeadScoringQuality,
    LeadScoringRule, LeadScoringWeight,
};
pub use query::{LeadScoringRuleQuery, LeadScoringRuleSort, LeadScoringRuleSortKey};
pub use repo::LeadScoring;
pub(crate) use write::{Touch, rescore, score_written, touched};

pub use crate::base::score::Score;

crate::scope::company_owned!(row, Id, Version);
crate::scope::company_owned!(model_row, CompanyId, Version);
crate::scope::company_owned!(weight_row, CompanyId, Version);
