//! The input for rules by which leads are scored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::model::LeadScoringRule;
use crate::base::error::{Malformed, Violations};
use crate::base::patch::{apply_fields, patch};
use crate::base::text::{self, fold};
use crate::base::validation;
use crate::leads::rule_condition;
use crate::query::filter::Filter;
use crate::scope::CompanyTx;

/// A rule to add. An absent or `null` field has no value, unless the field describes a default.
///
/// ```
/// use crm_core::lead_scoring::NewLeadScoringRule;
/// use serde_json::json;
///
/// let hot = json!({ "field": "rating", "op": "eq", "value": "hot" });
/// let rule = NewLeadScoringRule { decay_days: Some(30), ..NewLeadScoringRule::of("Hot", &hot, 20) };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLeadScoringRule {
    /// The name, which the terms of a score show.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "Comes from a fair", max_length = 100))]
    pub name: Option<String>,
    /// What the rule is for.
    #[validate(length(max = 1000))]
    #[cfg_attr(feature = "openapi", schema(example = "People at our stand have seen the product", max_length = 1000))]
    pub description: Option<String>,
    /// The leads that it is about: a filter over their fields, as in the list of leads, but for `score`, and without `me`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({"field": "source", "op": "eq", "value": "trade fair"})))]
    pub condition: Option<Map<String, Value>>,
    /// What it adds to the score of such a lead, from -100 to 100.
    #[validate(range(min = -100, max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = 15, minimum = -100, maximum = 100))]
    pub points: Option<i64>,
    /// The number of days without activity after which nothing is left of the points: each day takes the same part. They do not
    /// decay if absent.
    #[validate(range(min = 1, max = 3650))]
    #[cfg_attr(feature = "openapi", schema(example = 60, minimum = 1, maximum = 3650))]
    pub decay_days: Option<i64>,
    /// Whether it counts; true if absent.
    pub is_active: Option<bool>,
    /// The place among the other rules, from 0; 0 if absent.
    #[validate(range(min = 0, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub position: Option<i64>,
}

impl NewLeadScoringRule {
    /// The read-only fields of a [`LeadScoringRule`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A rule with this name, which gives these points to leads that meet a condition.
    pub fn of(name: impl Into<String>, condition: &Value, points: i64) -> Self {
        let condition = condition.as_object().cloned();
        Self { name: Some(name.into()), condition, points: Some(points), ..Self::default() }
    }

    /// Trims all texts, and checks every rule.
    pub(super) fn validated(mut self, tx: &CompanyTx<'_>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        validation::normalise(&mut self.description, "/description", text::line, &mut violations);
        if violations.0.is_empty() && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a rule needs a name");
        }
        if self.points.is_none() {
            violations.add("/points", "required", "say how many points it gives");
        }
        match &self.condition {
            Some(condition) => check(tx, condition, &mut violations),
            None => violations.add("/condition", "required", "say which leads it is about"),
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// Writes validated input into a rule.
    pub(super) fn write(self, rule: &mut LeadScoringRule) {
        let Self { name, description, condition, points, decay_days, is_active, position } = self;
        rule.name = name.unwrap_or_default();
        rule.description = description;
        rule.condition = condition.unwrap_or_default();
        rule.points = points.unwrap_or_default();
        rule.decay_days = decay_days;
        rule.is_active = is_active.unwrap_or(true);
        rule.position = position.unwrap_or_default();
    }
}

/// Tries the condition, as the scores will.
fn check(tx: &CompanyTx<'_>, condition: &Map<String, Value>, violations: &mut Violations) {
    let compiled = Filter::from_json(&Value::Object(condition.clone()))
        .and_then(|filter| rule_condition(&filter, &tx.company, tx.is_postgres()));
    if let Err(Malformed { code, at, detail }) = compiled {
        let below = at.strip_prefix("filter").unwrap_or_default();
        violations.add(format!("/condition{below}"), code, detail);
    }
}

patch! {
    /// A change of a rule (RFC 7396): absent fields stay unchanged, `null` clears a field. The condition is replaced as a whole.
    LeadScoringRulePatch {
        /// The name.
        name: String [max_length = 100],
        /// What the rule is for.
        description: String [max_length = 1000],
        /// The leads that it is about; replaced as a whole.
        condition: Map<String, Value> as Object,
        /// What it adds to the score of such a lead, from -100 to 100.
        points: i64 [minimum = -100, maximum = 100],
        /// The number of days without activity after which nothing is left of the points; `null` if they do not decay.
        decay_days: i64 [minimum = 1, maximum = 3650],
        /// Whether it counts.
        is_active: bool,
        /// The place among the other rules, from 0.
        position: i64 [minimum = 0, maximum = 1_000_000],
    }
}

impl LeadScoringRulePatch {
    /// The rule after the change.
    pub(super) fn apply(self, rule: &LeadScoringRule) -> NewLeadScoringRule {
        let mut draft = NewLeadScoringRule {
            name: Some(rule.name.clone()),
            description: rule.description.clone(),
            condition: Some(rule.condition.clone()),
            points: Some(rule.points),
            decay_days: rule.decay_days,
            is_active: Some(rule.is_active),
            position: Some(rule.position),
        };
        apply_fields!(self => draft: name, description, condition, points, decay_days, is_active, position);
        draft
    }
}
