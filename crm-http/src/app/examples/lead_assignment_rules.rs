//! Examples of rules by which leads are assigned.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::{ADDED_AT, OWNER, lead, nulls};

/// The rule that examples read and change.
pub const LEAD_ASSIGNMENT_RULE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001401");
/// The rule that the example of deleting deletes.
pub const LEAD_ASSIGNMENT_RULE_TO_DELETE: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001402");

/// The user who gets leads by the rules of the examples.
pub const LEAD_RULE_USER: Uuid = uuid!("019eca9d-cdc0-7000-8000-000000001403");

/// The writable fields of the rule.
#[must_use]
pub fn lead_assignment_rule_fields() -> Value {
    json!({
        "name": "Leads from Germany",
        "description": "The team in Hamburg",
        "condition": { "field": "countryCode", "op": "eq", "value": "DE" },
        "strategy": "least_loaded",
        "userIds": [LEAD_RULE_USER],
        "teamId": null,
        "field": null,
        "fieldUsers": [],
        "capacity": 50,
        "workingHoursOnly": false,
        "position": 1,
        "isActive": true,
    })
}

/// A rule to add.
#[must_use]
pub fn new_lead_assignment_rule() -> Value {
    json!({
        "name": "By source",
        "strategy": "by_field",
        "field": "source",
        "fieldUsers": [{ "value": "trade fair", "userId": LEAD_RULE_USER }],
        "position": 2,
    })
}

/// A change of the rule.
#[must_use]
pub fn lead_assignment_rule_patch() -> Value {
    json!({ "capacity": 40, "workingHoursOnly": true })
}

/// The rule as an answer shows it.
#[must_use]
pub fn lead_assignment_rule() -> Value {
    written(LEAD_ASSIGNMENT_RULE, lead_assignment_rule_fields())
}

/// The rule that was added.
#[must_use]
pub fn created_lead_assignment_rule() -> Value {
    let fields = json!({ "userIds": [], "workingHoursOnly": false, "isActive": true });
    let mut rule = written(uuid!("019eca9d-cdc0-7000-8000-00000000140a"), fields);
    crm_core::patch::merge(&mut rule, new_lead_assignment_rule());
    nulls(rule, &["description", "condition", "capacity", "teamId"])
}

/// The lead that the rules were asked about.
#[must_use]
pub fn assigned_lead() -> Value {
    let mut lead = lead();
    lead["explanation"] = json!([{
        "ruleId": LEAD_ASSIGNMENT_RULE,
        "name": "Leads from Germany",
        "isMatched": true,
        "outcome": "decided",
        "users": [{ "userId": LEAD_RULE_USER, "displayName": "Robin Desk", "outcome": "taken", "openLeads": 12 }],
    }]);
    lead
}

fn written(id: Uuid, fields: Value) -> Value {
    let actor = json!({ "kind": "user", "id": OWNER });
    let mut rule = fields;
    let envelope = json!({
        "id": id,
        "version": 1,
        "createdAt": ADDED_AT,
        "updatedAt": ADDED_AT,
        "createdBy": actor,
        "updatedBy": actor,
    });
    crm_core::patch::merge(&mut rule, envelope);
    rule
}

#[cfg(test)]
mod tests {
    use crm_core::lead_assignment_rules::{LeadAssignmentRule, LeadAssignmentRulePatch, NewLeadAssignmentRule};
    use crm_core::leads::WrittenLead;
    use serde_json::from_value;

    use super::super::tests::is_exactly;

    #[test]
    fn examples_are_true() {
        is_exactly::<LeadAssignmentRule>(&super::lead_assignment_rule());
        is_exactly::<LeadAssignmentRule>(&super::created_lead_assignment_rule());
        is_exactly::<NewLeadAssignmentRule>(&super::lead_assignment_rule_fields());
        is_exactly::<WrittenLead>(&super::assigned_lead());
        is_exactly::<WrittenLead>(&super::lead());
        from_value::<NewLeadAssignmentRule>(super::new_lead_assignment_rule()).unwrap();
        from_value::<LeadAssignmentRulePatch>(super::lead_assignment_rule_patch()).unwrap();
    }
}
