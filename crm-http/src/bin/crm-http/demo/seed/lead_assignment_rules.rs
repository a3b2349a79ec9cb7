//! The rules by which the demo's leads are assigned: those of the document's examples, with the user who gets them.

use crm_core::ids::LeadAssignmentRuleId;
use crm_core::lead_assignment_rules::NewLeadAssignmentRule;
use crm_core::users::UserProfile;
use crm_http::examples;

use super::Seeder;

impl Seeder<'_, '_> {
    pub(super) async fn lead_assignment_rules(&mut self) -> anyhow::Result<()> {
        let main: NewLeadAssignmentRule = serde_json::from_value(examples::lead_assignment_rule_fields())?;
        let desk = UserProfile {
            id: examples::LEAD_RULE_USER.into(),
            display_name: Some("Robin Desk".to_owned()),
            email: None,
            is_active: true,
        };
        self.tx.scope().users().mirror(&desk).await?;
        let mistake =
            NewLeadAssignmentRule { name: Some("Made by mistake".to_owned()), is_active: Some(false), ..main.clone() };
        for (id, new) in [(examples::LEAD_ASSIGNMENT_RULE, main), (examples::LEAD_ASSIGNMENT_RULE_TO_DELETE, mistake)] {
            self.randomness.choose(id);
            let rule = self.tx.scope().lead_assignment_rules().create(new).await?;
            anyhow::ensure!(rule.id == LeadAssignmentRuleId(id), "the example {id} became {}", rule.id);
        }
        Ok(())
    }
}
