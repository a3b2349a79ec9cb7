//! What hangs on a customer: with it into the trash, back from there, and gone for good.

use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use uuid::Uuid;

use crate::base::error::Kind;
use crate::base::ids::CustomerId;
use crate::history;
use crate::journal::Deferred;
use crate::scope::{CompanyTx, is_live};
use crate::timeline::Branch;
use crate::{interactions, notes, tags};

/// Everything that hangs on a customer. What is new adds its line here.
pub(crate) static CHILDREN: &[&Child] = &[&notes::CHILD, &interactions::CHILD, &tags::CHILD];

/// A table whose rows hang on customers by `customer_id`, and that has a `delete_batch_id`.
pub(crate) struct Child {
    pub table: &'static str,
    /// What its rows are, if they are records with a trash (`deleted_at`) and a history of their own.
    pub kind: Option<Kind>,
    /// How the customer's timeline shows them, if it does.
    pub timeline: Option<Branch>,
}

/// Takes along into the trash what is not there yet.
pub(super) fn trash(tx: &mut CompanyTx<'_>, customer: CustomerId, batch: Uuid) {
    for child in CHILDREN {
        let mut update = child.update(tx, customer, batch.into(), tx.now().into());
        update.and_where(match child.kind {
            Some(_) => is_live(child.table),
            None => Expr::col("delete_batch_id").is_null(),
        });
        tx.defer([Deferred::Update(update)]);
    }
}

/// Brings back what went into the trash with this batch.
pub(super) fn restore(tx: &mut CompanyTx<'_>, customer: CustomerId, batch: Uuid) {
    for child in CHILDREN {
        let mut update = child.update(tx, customer, Expr::cust("NULL"), Expr::cust("NULL"));
        update.and_where(Expr::col("delete_batch_id").eq(batch));
        tx.defer([Deferred::Update(update)]);
    }
}

/// Removes the history of what hangs on a customer who is about to be removed; the rows go by their foreign keys.
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
}

impl Child {
    fn update(&self, tx: &CompanyTx<'_>, customer: CustomerId, batch: Expr, at: Expr) -> UpdateStatement {
        let at = self.kind.map(|_| ("deleted_at", at));
        Query::update()
            .table(self.table)
            .values(at.into_iter().chain([("delete_batch_id", batch)]))
            .and_where(Expr::col("company_id").eq(tx.actor().company().0))
            .and_where(Expr::col("customer_id").eq(customer.0))
            .to_owned()
    }
}
