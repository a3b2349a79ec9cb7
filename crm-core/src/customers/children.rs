//! The records that belong to a customer are moved to the trash, restored and purged with it.

use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use uuid::Uuid;

use crate::base::error::Kind;
use crate::base::ids::CustomerId;
use crate::history;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, is_live};
use crate::timeline::Branch;
use crate::{consents, deals, interactions, notes, tags, tasks};

/// All of them. A new entity adds its line here.
pub(crate) static CHILDREN: &[&Child] =
    &[&notes::CHILD, &interactions::CHILD, &tasks::CHILD, &deals::CHILD, &consents::CHILD, &tags::CHILD];

/// A table whose rows belong to customers by `customer_id`, and that has a `delete_batch_id`. With a kind it has an
/// `id` and a `version` as well, and its rows move when their customer is merged into another. Rows without a customer
/// are left alone.
pub(crate) struct Child {
    pub table: &'static str,
    /// The kind of its records, if they have a trash (`deleted_at`) and a history.
    pub kind: Option<Kind>,
    /// How the timeline of the customer shows them, if it does.
    pub timeline: Option<Branch>,
}

/// Moves to the trash what is not there yet. `of` is the condition on the customer's id.
pub(super) fn trash(tx: &mut CompanyTx<'_>, of: impl Fn(Expr) -> Expr, batch: Uuid) {
    for child in CHILDREN {
        let mut update = child.update(tx, &of, batch.into(), tx.now().into());
        update.and_where(match child.kind {
            Some(_) => is_live(child.table),
            None => Expr::col("delete_batch_id").is_null(),
        });
        tx.defer([Deferred::Update(update)]);
    }
}

/// Restores what was moved to the trash in these batches. `of` is the condition on the customer's id.
pub(super) fn restore(tx: &mut CompanyTx<'_>, of: impl Fn(Expr) -> Expr, batches: &[Uuid]) {
    for child in CHILDREN {
        let mut update = child.update(tx, &of, Expr::cust("NULL"), Expr::cust("NULL"));
        update.and_where(any_of(Expr::col("delete_batch_id"), batches.to_vec(), tx.is_postgres()));
        tx.defer([Deferred::Update(update)]);
    }
}

/// Removes the history of the records, and references to them; their rows are removed by the foreign keys.
pub(super) fn purge(tx: &mut CompanyTx<'_>, customer: CustomerId) {
    for child in CHILDREN {
        let Some(kind) = child.kind else { continue };
        let records = Query::select()
            .column("id")
            .from(child.table)
            .and_where(Expr::col("company_id").eq(tx.actor().company().0))
            .and_where(Expr::col("customer_id").eq(customer.0))
            .to_owned();
        history::purge(tx, kind, |entity| entity.in_subquery(records));
    }
    tasks::forget(tx, customer);
}

impl Child {
    fn update(&self, tx: &CompanyTx<'_>, of: impl Fn(Expr) -> Expr, batch: Expr, at: Expr) -> UpdateStatement {
        let at = self.kind.map(|_| ("deleted_at", at));
        Query::update()
            .table(self.table)
            .values(at.into_iter().chain([("delete_batch_id", batch)]))
            .and_where(Expr::col("company_id").eq(tx.actor().company().0))
            .and_where(of(Expr::col("customer_id")))
            .to_owned()
    }
}
