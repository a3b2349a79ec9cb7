//! What becomes of interactions when something becomes of their customer.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::row;
use crate::base::error::Kind;
use crate::base::ids::CustomerId;
use crate::history;
use crate::journal::Deferred;
use crate::scope::CompanyTx;

/// Takes the interactions of a customer along into the trash.
pub(crate) fn delete_with(tx: &mut CompanyTx<'_>, customer: CustomerId, batch: Uuid) {
    let update = Query::update()
        .table(row::TABLE)
        .values([("deleted_at", tx.now().into()), ("delete_batch_id", batch.into())])
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .and_where(Expr::col("deleted_at").is_null())
        .to_owned();
    tx.defer([Deferred::Update(update)]);
}

/// Brings the interactions back that went into the trash with their customer.
pub(crate) fn restore_with(tx: &mut CompanyTx<'_>, customer: CustomerId, batch: Uuid) {
    let update = Query::update()
        .table(row::TABLE)
        .values(["deleted_at", "delete_batch_id"].map(|column| (column, Expr::cust("NULL"))))
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .and_where(Expr::col("delete_batch_id").eq(batch))
        .to_owned();
    tx.defer([Deferred::Update(update)]);
}

/// Removes the history of a customer's interactions, before the customer and they are removed.
pub(crate) fn purge_with(tx: &mut CompanyTx<'_>, customer: CustomerId) {
    let interactions = Query::select()
        .column("id")
        .from(row::TABLE)
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .to_owned();
    history::purge(tx, Kind::Interaction, |entity| entity.in_subquery(interactions));
}
