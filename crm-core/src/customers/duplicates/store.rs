//! The rows of `crm_customer_match_keys`: the blocking keys of customers, written with them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};
use uuid::Uuid;

use super::super::model::Customer;
use super::keys::keys;
use super::record::MatchRecord;
use crate::base::error::Result;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

pub(super) const KEYS: &str = "crm_customer_match_keys";

/// How many rows one statement adds: SQLite binds at most 32,766 values.
const MAX_ROWS: usize = 8_000;

/// Leads have none: what many customers have tells nothing, and there may be many more leads.
fn keys_of(customer: &Customer) -> BTreeSet<i64> {
    if customer.is_lead { BTreeSet::new() } else { keys(&MatchRecord::of(customer)) }
}

fn inserts(company: Uuid, rows: &[(Uuid, i64)]) -> impl Iterator<Item = InsertStatement> + use<'_> {
    rows.chunks(MAX_ROWS).map(move |some| {
        let mut insert = Query::insert();
        insert.into_table(KEYS).columns(["company_id", "match_key", "customer_id"]);
        for (customer, key) in some {
            insert.values_panic([Expr::val(company), Expr::val(*key), Expr::val(*customer)]);
        }
        insert.on_conflict(OnConflict::columns(["company_id", "match_key", "customer_id"]).do_nothing().to_owned());
        insert
    })
}

/// Adds the keys of a new customer with its change record, which saves a round trip.
pub(in super::super) fn insert_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    let rows: Vec<(Uuid, i64)> = keys_of(customer).into_iter().map(|key| (customer.id.0, key)).collect();
    let company = tx.company.id.0;
    tx.defer(inserts(company, &rows).map(Deferred::Insert));
}

/// Adds the keys of new customers.
pub(in super::super) async fn insert(tx: &mut CompanyTx<'_>, customers: &[Customer]) -> Result<()> {
    let of = |customer: &Customer| keys_of(customer).into_iter().map(|key| (customer.id.0, key)).collect::<Vec<_>>();
    let rows: Vec<(Uuid, i64)> = customers.iter().flat_map(of).collect();
    for statement in inserts(tx.company.id.0, &rows) {
        tx.execute(&statement).await?;
    }
    Ok(())
}

/// What makes the keys `before` those `after`. Each touches other rows.
fn changes(company: Uuid, customer: Uuid, before: &BTreeSet<i64>, after: &BTreeSet<i64>) -> Vec<Deferred> {
    let gone: Vec<i64> = before.difference(after).copied().collect();
    let new: Vec<(Uuid, i64)> = after.difference(before).map(|key| (customer, *key)).collect();
    let delete = (!gone.is_empty()).then(|| {
        let delete = Query::delete()
            .from_table(KEYS)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(Expr::col("match_key").is_in(gone))
            .and_where(Expr::col("customer_id").eq(customer))
            .to_owned();
        Deferred::Delete(delete)
    });
    delete.into_iter().chain(inserts(company, &new).map(Deferred::Insert)).collect()
}

/// Writes what differs with the change record.
pub(in super::super) fn update_at_end(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) {
    let changes = changes(tx.company.id.0, after.id.0, &keys_of(before), &keys_of(after));
    tx.defer(changes);
}

/// Writes what differs immediately.
pub(in super::super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    let changes = changes(tx.company.id.0, after.id.0, &keys_of(before), &keys_of(after));
    tx.execute_all(changes).await
}

/// The keys that are stored of some customers.
pub(in super::super) async fn stored(
    tx: &mut CompanyTx<'_>,
    customers: &[Uuid],
) -> Result<BTreeMap<Uuid, BTreeSet<i64>>> {
    let select = Query::select()
        .columns(["customer_id", "match_key"])
        .from(KEYS)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("customer_id"), customers.to_vec(), tx.is_postgres()))
        .to_owned();
    let mut stored: BTreeMap<Uuid, BTreeSet<i64>> = BTreeMap::new();
    for row in tx.query(&select).await? {
        stored.entry(row.try_get("", "customer_id")?).or_default().insert(row.try_get("", "match_key")?);
    }
    Ok(stored)
}

/// Makes the stored keys of a customer what they should be; true if they were not.
pub(in super::super) async fn reindex(
    tx: &mut CompanyTx<'_>,
    customer: &Customer,
    stored: &BTreeSet<i64>,
) -> Result<bool> {
    let changes = changes(tx.company.id.0, customer.id.0, stored, &keys_of(customer));
    let is_outdated = !changes.is_empty();
    tx.execute_all(changes).await?;
    Ok(is_outdated)
}
