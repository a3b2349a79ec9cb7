//! The demo's links: people of organizations, and organizations of others.

use crm_core::customers::{CustomerKind, NewCustomer, NewCustomerLink};
use crm_core::ids::{CustomerId, LinkId};
use crm_http::examples;

use super::Seeder;

/// The labels of people who are no employees.
const OTHERS: [&str; 3] = ["owner", "decision_maker", "accountant"];

impl Seeder<'_, '_> {
    /// The organization and the links of the document's examples.
    pub(super) async fn example_links(&mut self) -> anyhow::Result<()> {
        let name = examples::ORGANIZATION_NAME;
        self.example(examples::ORGANIZATION, NewCustomer::organization(name)).await?;
        let main: NewCustomerLink = serde_json::from_value(examples::link_fields())?;
        let to_delete = NewCustomerLink::to(examples::ORGANIZATION.into(), "accountant");
        for (id, new) in [(examples::LINK, main), (examples::LINK_TO_DELETE, to_delete)] {
            self.randomness.choose(id);
            let link = self.tx.scope().links(examples::CUSTOMER.into()).create(new).await?;
            anyhow::ensure!(link.id == LinkId(id), "the example {id} became {}", link.id);
        }
        Ok(())
    }

    /// Every other person has an organization among those that are there already; every third organization has a parent.
    pub(super) async fn link(&mut self, customer: CustomerId, kind: CustomerKind, number: u32) -> crm_core::Result<()> {
        let at = number as usize;
        let Some(other) = self.firms.get(at * 7 % self.firms.len().max(1)).copied() else {
            return Ok(());
        };
        let new = match kind {
            CustomerKind::Organization if number.is_multiple_of(3) => NewCustomerLink::to(other, "parent"),
            CustomerKind::Person if number.is_multiple_of(8) => NewCustomerLink::to(other, OTHERS[at % OTHERS.len()]),
            CustomerKind::Person if number % 2 == 1 => {
                NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(other, "employee") }
            }
            _ => return Ok(()),
        };
        self.tx.scope().links(customer).create(new).await.map(drop)
    }
}
