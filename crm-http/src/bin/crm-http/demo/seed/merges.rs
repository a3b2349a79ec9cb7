//! A customer to merge, and a merge that can be undone.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::customers::{MergeCustomers, NewCustomer};
use crm_core::ids::CustomerMergeId;
use crm_core::notes::NewNote;
use crm_core::sea_orm::sea_query::Query;
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection};

use super::Seeder;
use crm_http::examples;

impl Seeder<'_, '_> {
    /// The merge of the document's examples.
    pub(super) async fn merges(&mut self) -> anyhow::Result<()> {
        self.clock.set(examples::ADDED_AT.parse()?);
        let twice = NewCustomer {
            email: Some("g.harbour@example.com".to_owned()),
            name: Some("G. Harbour".to_owned()),
            ..NewCustomer::default()
        };
        self.example(examples::TO_MERGE, twice).await?;
        self.example(examples::MERGED, NewCustomer::organization("Pier & Sons")).await?;
        self.example(examples::SURVIVOR, NewCustomer::organization("Pier and Sons Inc.")).await?;
        for id in [examples::TO_MERGE, examples::MERGED] {
            self.tx.scope().notes(id.into()).create(NewNote::text("Noted before it was found twice.")).await?;
        }
        self.randomness.choose(examples::CUSTOMER_MERGE);
        let request = MergeCustomers::new(examples::SURVIVOR.into(), [examples::MERGED.into()]);
        let outcome = self.tx.scope().customers().merge(request).await?;
        let id = Some(CustomerMergeId(examples::CUSTOMER_MERGE));
        anyhow::ensure!(outcome.id == id, "the example became {:?}", outcome.id);
        Ok(())
    }
}

/// Lets the merge be undone for thirty days from now, because an old one cannot be undone.
pub(super) async fn renew(db: &DatabaseConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    let update =
        Query::update().table("crm_customer_merges").value("undoable_until", now + TimeDelta::days(30)).to_owned();
    db.execute(&update).await?;
    Ok(())
}
