//! A bulk action that can be undone.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::customers::{BulkAction, BulkAnswer, BulkRequest, CustomerStatus};
use crm_core::ids::BulkActionId;
use crm_core::sea_orm::sea_query::Query;
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection};

use super::Seeder;
use crm_http::examples;

impl Seeder<'_, '_> {
    /// The bulk action of the document's examples, whose id has the time of the examples.
    pub(super) async fn bulk_action(&mut self) -> anyhow::Result<()> {
        self.clock.set(examples::ADDED_AT.parse()?);
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

/// Lets the action be undone for a day from now, because an old one cannot be undone.
pub(super) async fn renew(db: &DatabaseConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    let update = Query::update()
        .table("crm_bulk_actions")
        .values([
            ("undoable_until", (now + TimeDelta::days(1)).into()),
            ("expires_at", (now + TimeDelta::days(7)).into()),
        ])
        .to_owned();
    db.execute(&update).await?;
    Ok(())
}
