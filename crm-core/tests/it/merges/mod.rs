//! Merging customers, and undoing it.

mod laws;
mod links;
mod links_since;
mod many_links;
mod rules;
mod undoing;
mod writers;

use crm_core::Result;
use crm_core::customers::{
    Customer, MergeCustomers, MergeOutcome, NewCustomer, OnMergeConflict, UnmergeCustomers, UnmergeOutcome,
};
use crm_core::ids::CustomerMergeId;
use testkit::Suite;

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    rules::register(suite);
    undoing::register(suite);
    laws::register(suite);
    links::register(suite);
    links_since::register(suite);
    many_links::register(suite);
    writers::register(suite);
}

fn of(survivor: &Customer, losers: &[&Customer]) -> MergeCustomers {
    MergeCustomers::new(survivor.id, losers.iter().map(|loser| loser.id))
}

const KEEP: UnmergeCustomers = UnmergeCustomers { on_conflict: OnMergeConflict::Keep };
const REFUSE: UnmergeCustomers = UnmergeCustomers { on_conflict: OnMergeConflict::Refuse };

impl TestCrm {
    async fn merge(&self, request: MergeCustomers) -> Result<MergeOutcome> {
        self.admin().customers().merge(request).await
    }

    async fn undo(&self, id: Option<CustomerMergeId>, how: UnmergeCustomers) -> Result<UnmergeOutcome> {
        self.admin().customers().undo_merge(id.expect("the id of a merge"), how).await
    }

    async fn with_email(&self, name: &str, email: &str) -> Result<Customer> {
        let email = Some(email.to_owned());
        self.create(NewCustomer { email, name: Some(name.to_owned()), ..NewCustomer::default() }).await
    }
}
