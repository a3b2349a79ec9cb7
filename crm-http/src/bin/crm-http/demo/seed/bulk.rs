//! A bulk action that can be undone.

use crm_core::customers::{BulkAction, BulkAnswer, BulkRequest, CustomerStatus};
use crm_core::ids::BulkActionId;

use super::Seeder;
use crm_http::examples;

impl Seeder<'_, '_> {
    /// The bulk action of the document's examples. It is new, because an old one cannot be undone.
    pub(super) async fn bulk_action(&mut self) -> anyhow::Result<()> {
        self.clock.set(self.now);
        self.randomness.choose(examples::BULK_ACTION);
        let request = BulkRequest {
            action: BulkAction::SetStatus { status: CustomerStatus::Inactive },
            ids: Some(vec![examples::TO_DELETE.into()]),
            query: None,
            dry_run: false,
        };
        let answer = self.tx.scope().customers().bulk(request).await?;
        let id = Some(BulkActionId(examples::BULK_ACTION));
        anyhow::ensure!(
            matches!(&answer, BulkAnswer::Done(outcome) if outcome.id == id),
            "the example became {answer:?}"
        );
        Ok(())
    }
}
