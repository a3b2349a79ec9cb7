//! Customers that are there twice, as happens when several people add them.

use crm_core::customers::NewCustomer;
use crm_core::ids::CustomerId;
use crm_http::examples;
use serde_json::{Value, json};

use super::Seeder;

/// Pairs that a user finds on the page of duplicates: a nickname, a typing mistake, exchanged names, and a legal form.
fn pairs() -> [[Value; 2]; 4] {
    [
        [
            json!({ "firstName": "Robert", "lastName": "Ashworth", "phone": "+1 312 555 0182", "city": "Chicago" }),
            json!({ "firstName": "Bob", "lastName": "Ashworth", "phone": "312-555-0182", "country": "US" }),
        ],
        [
            json!({ "firstName": "Kerstin", "lastName": "Bergström", "email": "kerstin.bergstroem@example.com", "phone": "+49 30 90182044" }),
            json!({ "firstName": "Kerstin", "lastName": "Bergstroem", "phone": "+49 30 90182044" }),
        ],
        [
            json!({ "firstName": "Hiroshi", "lastName": "Nakamura", "organizationName": "Tidewater Marine", "address": "8 Pier Road", "zipCode": "98101", "city": "Seattle" }),
            json!({ "firstName": "Nakamura", "lastName": "Hiroshi", "organizationName": "Tidewater Marine Inc.", "city": "Seattle" }),
        ],
        [
            json!({ "kind": "organization", "name": "Falkenberg Optics GmbH", "website": "https://falkenberg-optics.example.com" }),
            json!({ "kind": "organization", "name": "Falkenberg Optics", "email": "info@falkenberg-optics.example.com" }),
        ],
    ]
}

impl Seeder<'_, '_> {
    /// The pair of the document's examples, and some more.
    pub(super) async fn duplicates(&mut self) -> anyhow::Result<()> {
        self.clock.set(examples::ADDED_AT.parse()?);
        let double: NewCustomer = serde_json::from_value(examples::duplicate_customer_fields())?;
        self.example(examples::DUPLICATE_CUSTOMER, double).await?;
        let (one, other) = examples::DUPLICATE_PAIR;
        self.randomness.choose(examples::DUPLICATE);
        let pair = self.tx.scope().duplicates().compare(one.into(), other.into()).await?;
        anyhow::ensure!(pair.is_some_and(|pair| pair.id.0 == examples::DUPLICATE), "the example is no pair");
        self.clock.set(self.now);
        for [one, other] in pairs() {
            let (one, other) = (self.another(one).await?, self.another(other).await?);
            let pair = self.tx.scope().duplicates().compare(one, other).await?;
            anyhow::ensure!(pair.is_some(), "{one} and {other} are no pair");
        }
        Ok(())
    }

    async fn another(&mut self, fields: Value) -> anyhow::Result<CustomerId> {
        let new: NewCustomer = serde_json::from_value(fields)?;
        Ok(self.tx.scope().customers().create(new).await?.id)
    }
}
