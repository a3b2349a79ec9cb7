//! What was merged into a customer is the same person: it is removed with them.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::super::row::TABLE as CUSTOMERS;
use super::{redirects, row};
use crate::base::error::{Kind, Result};
use crate::base::ids::CustomerId;
use crate::history;
use crate::journal::{Deferred, idempotency};
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// Removes the rows and the histories of all customers that were merged into this one, and the merges.
pub(in super::super) async fn purge(tx: &mut CompanyTx<'_>, customer: CustomerId) -> Result<()> {
    let merged: Vec<Uuid> = redirects::to(tx, customer).await?.into_iter().map(|row| row.customer_id).collect();
    let (company, postgres) = (tx.company.id.0, tx.is_postgres());
    if !merged.is_empty() {
        for kind in [Kind::Customer, Kind::Lead] {
            history::purge(tx, kind, |entity| any_of(entity, merged.clone(), postgres));
        }
        let delete = Query::delete()
            .from_table(CUSTOMERS)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(any_of(Expr::col("id"), merged.clone(), postgres))
            .to_owned();
        tx.defer([Deferred::Delete(delete)]);
        for id in &merged {
            let answers = idempotency::delete_answers_about(&tx.recorder(), *id);
            tx.defer([Deferred::Delete(answers)]);
        }
    }
    let survivors = std::iter::once(customer.0).chain(merged).collect();
    let delete = Query::delete()
        .from_table(row::TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(any_of(Expr::col("survivor_id"), survivors, postgres))
        .to_owned();
    tx.defer([Deferred::Delete(delete)]);
    Ok(())
}
