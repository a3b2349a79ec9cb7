//! What scores of leads are made of.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::ids::LeadScoringRuleId;
use crate::base::score::Score;
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

/// A rule by which leads are scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadScoringRule {
    /// The id.
    pub id: LeadScoringRuleId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The name, which the terms of a score show.
    pub name: String,
    /// What the rule is for.
    pub description: Option<String>,
    /// The leads that it is about: a filter over their fields.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub condition: Map<String, Value>,
    /// What it adds to the score of such a lead, from -100 to 100.
    pub points: i64,
    /// The number of days without activity after which nothing is left of the points; they do not decay if absent.
    pub decay_days: Option<i64>,
    /// Whether it counts.
    pub is_active: bool,
    /// The place among the other rules, from 0.
    pub position: i64,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

string_enum! {
    /// What a score is made by.
    LeadScoreModel {
        /// The rules of the company alone, because the model has learned too little.
        Rules = "rules",
        /// The frequencies among the company's won and lost leads, and its rules.
        Frequencies = "frequencies",
    }
}

string_enum! {
    /// Where a term of a score comes from.
    LeadScoreTermKind {
        /// How often the company's leads are won at all.
        Base = "base",
        /// What the lead has in common with those that were won or lost.
        Feature = "feature",
        /// A rule of the company.
        Rule = "rule",
        /// What is cut off, because a score is from 0 to 100.
        Limit = "limit",
    }
}

/// A part of a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadScoreTerm {
    /// Where it comes from.
    pub kind: LeadScoreTermKind,
    /// The feature, or the name of the rule.
    pub term: String,
    /// What it adds to the score, in whole points.
    pub weight: i64,
    /// What the lead has there: the value of the feature, or the days without activity of a rule that decays.
    pub value: Option<String>,
    /// The rule.
    pub rule_id: Option<LeadScoringRuleId>,
}

/// The score of a lead, and why it has it. The weights of the terms add up to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadScore {
    /// The score, from 0 to 100.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100))]
    pub score: i64,
    /// What it is made by.
    pub model: LeadScoreModel,
    /// The version of the model; 0 while it has learned too little.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub version: i64,
    /// The terms that count something: the base, the features, the rules, and what is cut off.
    pub terms: Vec<LeadScoreTerm>,
}

/// What was learned of one value of a feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadScoringWeight {
    /// The feature.
    pub term: String,
    /// The value; absent for leads without one, and for the base.
    pub value: Option<String>,
    /// Whether it stands for all values that were too rare to learn from.
    pub is_other: bool,
    /// What it adds to the score, in whole points.
    pub weight: i64,
    /// The number of won leads with it that were learned from.
    pub won: i64,
    /// The number of lost ones.
    pub lost: i64,
}

/// What a company has learned from its won and lost leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadScoringModel {
    /// Counts the models; 0 before the first one.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub version: i64,
    /// Whether it has learned enough, and counts.
    pub is_ready: bool,
    /// When it was built.
    pub built_at: Option<DateTime<Utc>>,
    /// The number of won leads that it was learned from.
    pub won: i64,
    /// The number of lost ones.
    pub lost: i64,
    /// The number of each that it needs.
    pub needed: i64,
    /// The base, and the weight of each value of each feature.
    pub weights: Vec<LeadScoringWeight>,
}

/// Leads with scores that are alike, and what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadScoringBin {
    /// The lowest score.
    pub from: i64,
    /// The highest score.
    pub to: i64,
    /// The number of leads.
    pub leads: i64,
    /// The number of those that were won.
    pub won: i64,
    /// How likely the scores say that they are won, on average, from 0 to 1; absent without leads.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0, maximum = 1))]
    pub predicted: Option<Score>,
    /// The share that was won, from 0 to 1; absent without leads.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0, maximum = 1))]
    pub observed: Option<Score>,
}

/// How good the model is, on leads that it was not learned from. Rules have no part in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadScoringQuality {
    /// The version of the model; 0 while there is none that has learned enough.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub version: i64,
    /// The number of won leads that were held out.
    pub won: i64,
    /// The number of lost ones.
    pub lost: i64,
    /// The share of won ones among them, from 0 to 1; absent if there are none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0, maximum = 1))]
    pub base_rate: Option<Score>,
    /// How likely a won lead has a higher score than a lost one, from 0 to 1, where 0.5 is chance; absent unless there are both.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0, maximum = 1))]
    pub auc: Option<Score>,
    /// What came of the leads by score, in ten bins. In each, what was predicted should be near to what was observed.
    pub bins: Vec<LeadScoringBin>,
}
