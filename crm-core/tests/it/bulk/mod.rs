//! Bulk actions: each customer as by a single write, counts first, and one undo.

mod counting;
mod jobs;
mod laws;
mod undoing;

use crm_core::CompanyScope;
use crm_core::customers::{
    BulkAction, BulkAnswer, BulkOutcome, BulkRequest, BulkUndo, BulkUndone, Customer, CustomerQuery, CustomerSearch,
    RefusalReason,
};
use crm_core::ids::{BulkActionId, CustomerId};
use serde_json::{Value, json};
use testkit::Suite;

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    counting::register(suite);
    undoing::register(suite);
    laws::register(suite);
    jobs::register(suite);
}

/// An action as a client writes it.
fn action(json: Value) -> BulkAction {
    serde_json::from_value(json).expect("an action")
}

fn status(status: &str) -> BulkAction {
    action(json!({ "type": "setStatus", "status": status }))
}

fn of_ids(action: BulkAction, ids: impl IntoIterator<Item = CustomerId>) -> BulkRequest {
    BulkRequest { action, ids: Some(ids.into_iter().collect()), query: None, dry_run: false }
}

fn of(action: BulkAction, customers: &[Customer]) -> BulkRequest {
    of_ids(action, customers.iter().map(|customer| customer.id))
}

fn of_query(action: BulkAction, query: CustomerQuery) -> BulkRequest {
    let query = Some(CustomerSearch { text: String::new(), query });
    BulkRequest { action, ids: None, query, dry_run: false }
}

fn dry(request: &BulkRequest) -> BulkRequest {
    BulkRequest { dry_run: true, ..request.clone() }
}

async fn bulk(scope: &mut CompanyScope<'_>, request: BulkRequest) -> crm_core::Result<BulkOutcome> {
    match scope.customers().bulk(request).await? {
        BulkAnswer::Done(outcome) => Ok(outcome),
        BulkAnswer::Started(job) => panic!("expected counts, got {job:?}"),
    }
}

async fn undo(scope: &mut CompanyScope<'_>, id: Option<BulkActionId>) -> crm_core::Result<BulkUndone> {
    match scope.customers().undo_bulk(id.expect("an id")).await? {
        BulkUndo::Done(undone) => Ok(undone),
        BulkUndo::Started(job) => panic!("expected counts, got {job:?}"),
    }
}

/// How many customers were matched, changed, unchanged and refused.
fn counts(outcome: &BulkOutcome) -> [u64; 4] {
    let refused = outcome.refused.iter().map(|refusal| refusal.count).sum();
    [outcome.matched, outcome.changed, outcome.unchanged, refused]
}

fn reasons(outcome: &BulkOutcome) -> Vec<(RefusalReason, Vec<CustomerId>)> {
    outcome.refused.iter().map(|refusal| (refusal.reason, refusal.ids.clone())).collect()
}

impl TestCrm {
    /// Some customers with these names.
    async fn some(&self, names: &[&str]) -> crm_core::Result<Vec<Customer>> {
        let mut customers = Vec::new();
        for name in names {
            customers.push(self.named(name).await?);
        }
        Ok(customers)
    }
}
