//! Recomputes the rows of the lists: what is compared, the keys, and rows that an older release has not written.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use super::super::model::Customer;
use super::super::owned_rows::{Row, Table};
use super::store::{ADDRESSES, POINTS, addresses_of, points_of};
use crate::base::error::Result;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// The rows of a customer, as they are stored.
#[derive(Debug, Default)]
pub(in super::super) struct Stored {
    points: Vec<Row>,
    addresses: Vec<Row>,
}

/// The rows of some customers.
pub(in super::super) async fn stored(tx: &mut CompanyTx<'_>, customers: &[Uuid]) -> Result<HashMap<Uuid, Stored>> {
    let mut stored: HashMap<Uuid, Stored> = HashMap::new();
    for (customer, row) in rows(tx, &POINTS, customers).await? {
        stored.entry(customer).or_default().points.push(row);
    }
    for (customer, row) in rows(tx, &ADDRESSES, customers).await? {
        stored.entry(customer).or_default().addresses.push(row);
    }
    Ok(stored)
}

async fn rows(tx: &mut CompanyTx<'_>, table: &Table, customers: &[Uuid]) -> Result<Vec<(Uuid, Row)>> {
    let select = Query::select()
        .column("customer_id")
        .columns(table.columns.iter().copied())
        .from(table.name)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("customer_id"), customers.to_vec(), tx.is_postgres()))
        .to_owned();
    tx.query(&select).await?.iter().map(|row| Ok((row.try_get("", "customer_id")?, values(table, row)?))).collect()
}

fn values(table: &Table, row: &QueryResult) -> Result<Row> {
    let value = |column: &&str| -> Result<Value> {
        Ok(match *column {
            "position" => row.try_get::<i64>("", column)?.into(),
            "is_primary" | "is_invalid" | "is_opted_out" => row.try_get::<bool>("", column)?.into(),
            _ => row.try_get::<Option<String>>("", column)?.into(),
        })
    };
    table.columns.iter().map(value).collect()
}

/// Whether two e-mail addresses of the customer are one, or another customer has one that is to be unique.
pub(in super::super) async fn is_in_conflict(tx: &mut CompanyTx<'_>, customer: &Customer) -> Result<bool> {
    let emails: BTreeSet<&str> = customer.emails.iter().map(|email| email.address.as_str()).collect();
    if emails.len() < customer.emails.len() {
        return Ok(true);
    }
    if emails.is_empty() || !customer.has_unique_emails(&tx.company.settings) {
        return Ok(false);
    }
    let emails: Vec<String> = emails.into_iter().map(str::to_owned).collect();
    let other = Query::select()
        .expr(Expr::val(1))
        .from(POINTS.name)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("email_key"), emails, tx.is_postgres()))
        .and_where(Expr::col("customer_id").ne(customer.id.0))
        .limit(1)
        .to_owned();
    Ok(!tx.query(&other).await?.is_empty())
}

/// Whether the rows of a customer are other ones than they should be.
pub(in super::super) fn is_outdated(tx: &CompanyTx<'_>, customer: &Customer, stored: &Stored) -> bool {
    let is_same =
        |stored: &[Row], rows: &[Row]| stored.len() == rows.len() && rows.iter().all(|row| stored.contains(row));
    !is_same(&stored.points, &points_of(customer, &tx.company.settings))
        || !is_same(&stored.addresses, &addresses_of(customer))
}

/// Makes the rows of a customer what they should be.
pub(in super::super) async fn reindex(tx: &mut CompanyTx<'_>, customer: &Customer, stored: &Stored) -> Result<()> {
    let (company, points) = (tx.company.id.0, points_of(customer, &tx.company.settings));
    let points = POINTS.changes(company, customer.id, &stored.points, &points);
    let addresses = ADDRESSES.changes(company, customer.id, &stored.addresses, &addresses_of(customer));
    tx.execute_all(points.statements.into_iter().chain(addresses.statements)).await
}
