//! The external references of customers, in a separate table.

use std::collections::BTreeSet;

use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, JoinType, Query, UpdateStatement};
use uuid::Uuid;

use super::model::{Customer, ExternalRef};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

pub(super) const TABLE: &str = "crm_customer_external_refs";

/// Inserts the references of new customers in one statement.
pub(super) async fn insert<'r>(
    tx: &mut CompanyTx<'_>,
    refs: impl Iterator<Item = (CustomerId, &'r ExternalRef)>,
) -> Result<()> {
    insert_all(tx, refs, false).await
}

/// The same for new leads, who claim none of them: theirs are stamped as those in the trash are.
pub(super) async fn insert_of_leads<'r>(
    tx: &mut CompanyTx<'_>,
    refs: impl Iterator<Item = (CustomerId, &'r ExternalRef)>,
) -> Result<()> {
    insert_all(tx, refs, true).await
}

async fn insert_all<'r>(
    tx: &mut CompanyTx<'_>,
    refs: impl Iterator<Item = (CustomerId, &'r ExternalRef)>,
    of_leads: bool,
) -> Result<()> {
    if let Some(insert) = inserted(tx, refs, of_leads) {
        tx.execute(&insert).await?;
    }
    Ok(())
}

fn inserted<'r>(
    tx: &CompanyTx<'_>,
    refs: impl Iterator<Item = (CustomerId, &'r ExternalRef)>,
    of_leads: bool,
) -> Option<InsertStatement> {
    let company = tx.company.id.0;
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns(["company_id", "customer_id", "system", "external_id", "delete_batch_id"]);
    let mut any = false;
    for (customer, reference) in refs {
        any = true;
        insert.values_panic([
            Expr::val(company),
            Expr::val(customer.0),
            Expr::val(reference.system.as_str()),
            Expr::val(reference.id.as_str()),
            Expr::val(of_leads.then_some(customer.0)),
        ]);
    }
    any.then_some(insert)
}

/// Writes the differences between the references of `before` and `after` immediately.
pub(super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    let (delete, insert) = differences(tx, before, after);
    if let Some(delete) = delete {
        tx.execute(&delete).await?;
    }
    if let Some(insert) = insert {
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Writes them together with the change records, which saves round trips. For a transaction that writes one customer.
pub(super) fn update_at_end(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) {
    let (delete, insert) = differences(tx, before, after);
    tx.defer(delete.map(Deferred::Delete).into_iter().chain(insert.map(Deferred::Insert)));
}

/// The references to delete and to insert. The two are disjoint, so their order does not matter.
fn differences(
    tx: &CompanyTx<'_>,
    before: &Customer,
    after: &Customer,
) -> (Option<DeleteStatement>, Option<InsertStatement>) {
    let old: BTreeSet<&ExternalRef> = before.external_refs.iter().collect();
    let new: BTreeSet<&ExternalRef> = after.external_refs.iter().collect();
    let gone: Vec<&&ExternalRef> = old.difference(&new).collect();
    let delete = (!gone.is_empty()).then(|| {
        let any = gone.iter().fold(Expr::val(1).eq(0), |any, reference| {
            let is = Expr::col("system").eq(reference.system.as_str());
            any.or(is.and(Expr::col("external_id").eq(reference.id.as_str())))
        });
        Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("company_id").eq(tx.company.id.0))
            .and_where(Expr::col("customer_id").eq(before.id.0))
            .and_where(any)
            .to_owned()
    });
    (delete, inserted(tx, new.difference(&old).map(|reference| (after.id, *reference)), after.is_lead))
}

/// Moves the references to the trash (`Some`), which makes them available to other customers, or back from it (`None`).
pub(super) async fn stamp(tx: &mut CompanyTx<'_>, customer: &Customer, batch: Option<Uuid>) -> Result<()> {
    if customer.external_refs.is_empty() {
        return Ok(());
    }
    let update = stamped(tx, Expr::col("customer_id").eq(customer.id.0), batch);
    tx.execute(&update).await?;
    Ok(())
}

/// The same statement for the customers that meet a condition.
pub(super) fn stamped(tx: &CompanyTx<'_>, of: Expr, batch: Option<Uuid>) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .value("delete_batch_id", batch)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(of)
        .to_owned()
}

/// Those of some customers in the trash whose references other customers have by now.
pub(super) async fn taken(tx: &mut CompanyTx<'_>, customers: Vec<Uuid>) -> Result<BTreeSet<Uuid>> {
    let (trashed, live) =
        (|name: &'static str| Expr::col(("trashed", name)), |name: &'static str| Expr::col(("live", name)));
    let company = tx.company.id.0;
    let is_same = live("company_id")
        .eq(company)
        .and(live("system").equals(("trashed", "system")))
        .and(live("external_id").equals(("trashed", "external_id")))
        .and(live("delete_batch_id").is_null());
    let select = Query::select()
        .distinct()
        .column(("trashed", "customer_id"))
        .from_as(TABLE, "trashed")
        .join_as(JoinType::InnerJoin, TABLE, "live", is_same)
        .and_where(trashed("company_id").eq(company))
        .and_where(any_of(trashed("customer_id"), customers, tx.is_postgres()))
        .and_where(trashed("delete_batch_id").is_not_null())
        .to_owned();
    tx.query(&select).await?.iter().map(|row| Ok(row.try_get("", "customer_id")?)).collect()
}
