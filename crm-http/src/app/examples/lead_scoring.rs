//! Examples of rules for scores, and of what was learned.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER, nulls, waiting_job};

/// The rule that examples read and change.
pub const LEAD_SCORING_RULE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001601");
/// The rule that the example of deleting deletes.
pub const LEAD_SCORING_RULE_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001602");

/// The writable fields of the rule.
#[must_use]
pub fn lead_scoring_rule_fields() -> Value {
    json!({
        "name": "Comes from a fair",
        "description": "People at our stand have seen the product",
        "condition": { "field": "source", "op": "eq", "value": "trade fair" },
        "points": 15,
        "decayDays": 60,
        "isActive": true,
        "position": 1,
    })
}

/// A rule to add.
#[must_use]
pub fn new_lead_scoring_rule() -> Value {
    json!({
        "name": "Is hot",
        "condition": { "field": "rating", "op": "eq", "value": "hot" },
        "points": 20,
        "position": 2,
    })
}

/// A change of the rule.
#[must_use]
pub fn lead_scoring_rule_patch() -> Value {
    json!({ "points": 20, "decayDays": 90 })
}

/// The rule as an answer shows it.
#[must_use]
pub fn lead_scoring_rule() -> Value {
    let mut rule = lead_scoring_rule_fields();
    crm_core::patch::merge(&mut rule, written(LEAD_SCORING_RULE));
    rule
}

/// The rule that was added.
#[must_use]
pub fn created_lead_scoring_rule() -> Value {
    let mut rule = new_lead_scoring_rule();
    crm_core::patch::merge(&mut rule, written(uuid!("019eca9d-cdc0-7000-8000-00000000160a")));
    rule["isActive"] = json!(true);
    nulls(rule, &["description", "decayDays"])
}

fn written(id: Uuid) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    json!({
        "id": id,
        "version": 1,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    })
}

/// What was learned.
#[must_use]
pub fn lead_scoring_model() -> Value {
    let weight = |term: &str, value: Option<&str>, [weight, won, lost]: [i64; 3]| json!({ "term": term, "value": value, "isOther": false, "weight": weight, "won": won, "lost": lost });
    let mut others = weight("source", None, [-3, 4, 9]);
    others["isOther"] = json!(true);
    json!({
        "version": 7,
        "isReady": true,
        "builtAt": "2026-07-01T04:10:00Z",
        "won": 62,
        "lost": 140,
        "needed": 20,
        "weights": [
            weight("base_rate", None, [38, 62, 140]),
            others,
            weight("source", Some("trade fair"), [9, 31, 40]),
        ],
    })
}

/// How good it is.
#[must_use]
pub fn lead_scoring_quality() -> Value {
    json!({
        "version": 7,
        "won": 15,
        "lost": 35,
        "baseRate": 0.3,
        "auc": 0.741,
        "bins": [
            { "from": 30, "to": 39, "leads": 20, "won": 4, "predicted": 0.233, "observed": 0.2 },
            { "from": 40, "to": 49, "leads": 0, "won": 0, "predicted": null, "observed": null },
        ],
    })
}

/// The job that learns.
pub(super) fn rebuild_job() -> Value {
    let mut job = waiting_job(uuid!("019eca9d-cdc0-7000-8000-000000001605"));
    (job["kind"], job["uniqueKey"]) = (json!(crm_core::lead_scoring::ScoreLeads::KIND), json!("rebuild"));
    job
}

/// Why the lead has its score.
#[must_use]
pub fn lead_score() -> Value {
    json!({
        "score": 60,
        "model": "frequencies",
        "version": 7,
        "terms": [
            { "kind": "base", "term": "base_rate", "weight": 38, "value": null, "ruleId": null },
            { "kind": "feature", "term": "source", "weight": 9, "value": "trade fair", "ruleId": null },
            { "kind": "rule", "term": "Comes from a fair", "weight": 13, "value": "10", "ruleId": LEAD_SCORING_RULE },
        ],
    })
}

#[cfg(test)]
mod tests {
    use crm_core::lead_scoring::{
        LeadScore, LeadScoringModel, LeadScoringQuality, LeadScoringRule, LeadScoringRulePatch, NewLeadScoringRule,
    };
    use serde_json::from_value;

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<LeadScoringRule>(&super::lead_scoring_rule());
        is_exactly::<LeadScoringRule>(&super::created_lead_scoring_rule());
        is_exactly::<NewLeadScoringRule>(&super::lead_scoring_rule_fields());
        from_value::<NewLeadScoringRule>(super::new_lead_scoring_rule()).unwrap();
        from_value::<LeadScoringRulePatch>(super::lead_scoring_rule_patch()).unwrap();
        is_exactly::<LeadScoringModel>(&super::lead_scoring_model());
        is_exactly::<LeadScoringQuality>(&super::lead_scoring_quality());
        is_exactly::<LeadScore>(&super::lead_score());
    }

    #[test]
    fn the_terms_add_up() {
        let score: LeadScore = from_value(super::lead_score()).unwrap();
        assert_eq!(score.terms.iter().map(|term| term.weight).sum::<i64>(), score.score);
    }
}
