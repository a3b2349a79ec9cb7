//! The demo's consents, and its do-not-contact list.

use crm_core::consents::{ContactChannel, NewConsent};
use crm_core::ids::{ConsentId, SuppressionId};
use crm_core::suppressions::{NewSuppression, NewSuppressions, SuppressionReason};
use crm_http::examples;

use super::Seeder;

impl Seeder<'_, '_> {
    /// The consents of the examples: a newsletter for the customer and the lead.
    pub(super) async fn consents(&mut self) -> anyhow::Result<()> {
        let newsletter: NewConsent = serde_json::from_value(examples::consent_fields())?;
        self.randomness.choose(examples::CONSENT);
        let consent = self.tx.scope().consents(examples::CUSTOMER.into()).create(newsletter.clone()).await?;
        anyhow::ensure!(consent.id == ConsentId(examples::CONSENT), "the example became {}", consent.id);
        self.randomness.choose(examples::LEAD_CONSENT);
        let consent = self.tx.scope().lead_consents(examples::LEAD.into()).create(newsletter).await?;
        anyhow::ensure!(consent.id == ConsentId(examples::LEAD_CONSENT), "the example became {}", consent.id);
        let calls = NewConsent::withdrawn("marketing", ContactChannel::Phone);
        self.tx.scope().consents(examples::CUSTOMER.into()).create(calls).await?;
        Ok(())
    }

    /// The entries of the examples, and some more.
    pub(super) async fn suppressions(&mut self) -> anyhow::Result<()> {
        let main: NewSuppression = serde_json::from_value(examples::suppression_fields())?;
        let mistake = NewSuppression::of("not.at.all@example.com");
        for (id, new) in [(examples::SUPPRESSION, main), (examples::SUPPRESSION_TO_DELETE, mistake)] {
            self.randomness.choose(id);
            let entry = self.tx.scope().suppressions().create(new).await?;
            anyhow::ensure!(entry.id == SuppressionId(id), "the example {id} became {}", entry.id);
        }
        let of = |value: &str, reason| NewSuppression { reason: Some(reason), ..NewSuppression::of(value) };
        let entries = vec![
            of("bounced@example.net", SuppressionReason::Bounce),
            of("spam-trap.example", SuppressionReason::Legal),
            of("+1 212 555 2301", SuppressionReason::Complaint),
        ];
        self.tx.scope().suppressions().import(NewSuppressions { entries }).await?;
        Ok(())
    }
}
