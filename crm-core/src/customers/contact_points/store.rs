//! The rows of the lists. E-mail addresses and numbers have one each, so that one index finds and counts all of them; a
//! postal address has one where the flat fields do not tell everything.

use std::collections::BTreeSet;

use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, Order, Query, SelectStatement, UpdateStatement};
use uuid::Uuid;

use super::super::model::Customer;
use super::super::owned_rows::{Changes, Row, Table};
use super::further_addresses;
use super::model::{CustomerAddress, CustomerEmail, CustomerPhone};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::companies::CompanySettings;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

pub(super) const EMAIL: &str = "email";
pub(super) const PHONE: &str = "phone";

pub(super) static POINTS: Table = Table {
    name: "crm_customer_contact_points",
    columns: &[
        "kind",
        "position",
        "value",
        "normalized",
        "email_key",
        "label",
        "is_primary",
        "is_invalid",
        "is_opted_out",
    ],
    key: 2,
    unique: Some(2),
};

pub(super) static ADDRESSES: Table = Table {
    name: "crm_customer_addresses",
    columns: &[
        "position",
        "kind",
        "address",
        "address_line2",
        "city",
        "state",
        "zip_code",
        "country",
        "country_code",
        "is_primary",
    ],
    key: 1,
    unique: None,
};

/// The rows of a customer's e-mail addresses and numbers.
pub(super) fn points_of(customer: &Customer, settings: &CompanySettings) -> Vec<Row> {
    let unique = customer.has_unique_emails(settings);
    let emails = customer.emails.iter().enumerate().map(|(position, email)| {
        let CustomerEmail { address, label, is_primary, is_invalid, is_opted_out } = email;
        vec![
            EMAIL.into(),
            number(position),
            address.as_str().into(),
            Some(address.as_str()).into(),
            Some(address.as_str()).filter(|_| unique).into(),
            label.map(|label| label.as_str()).into(),
            (*is_primary == Some(true)).into(),
            (*is_invalid).into(),
            (*is_opted_out).into(),
        ]
    });
    let phones = customer.phones.iter().enumerate().map(|(position, phone)| {
        let CustomerPhone { number: typed, e164, label, is_primary, is_invalid, is_opted_out } = phone;
        vec![
            PHONE.into(),
            number(position),
            typed.as_str().into(),
            e164.as_deref().into(),
            None::<&str>.into(),
            label.map(|label| label.as_str()).into(),
            (*is_primary == Some(true)).into(),
            (*is_invalid).into(),
            (*is_opted_out).into(),
        ]
    });
    emails.chain(phones).collect()
}

/// The rows of a customer's postal addresses.
pub(super) fn addresses_of(customer: &Customer) -> Vec<Row> {
    let addresses = further_addresses(customer).unwrap_or_default();
    let row = |(position, address): (usize, &CustomerAddress)| {
        let CustomerAddress { kind, address, address_line2, city, state, zip_code, country, country_code, is_primary } =
            address;
        vec![
            number(position),
            kind.as_str().into(),
            address.as_deref().into(),
            address_line2.as_deref().into(),
            city.as_deref().into(),
            state.as_deref().into(),
            zip_code.as_deref().into(),
            country.as_deref().into(),
            country_code.as_deref().into(),
            (*is_primary == Some(true)).into(),
        ]
    };
    addresses.iter().enumerate().map(row).collect()
}

fn number(position: usize) -> Value {
    i64::try_from(position).unwrap_or(i64::MAX).into()
}

/// Adds the rows of a new customer with its change record, which saves a round trip.
pub(in super::super) fn insert_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    let statements = inserted(tx, std::slice::from_ref(customer));
    tx.defer(statements.into_iter().map(Deferred::Insert));
}

/// Adds the rows of new customers.
pub(in super::super) async fn insert(tx: &mut CompanyTx<'_>, customers: &[Customer]) -> Result<()> {
    for statement in inserted(tx, customers) {
        tx.execute(&statement).await?;
    }
    Ok(())
}

fn inserted(tx: &CompanyTx<'_>, customers: &[Customer]) -> Vec<InsertStatement> {
    let (company, settings) = (tx.company.id.0, &tx.company.settings);
    let rows = |of: &dyn Fn(&Customer) -> Vec<Row>| -> Vec<(CustomerId, Row)> {
        let rows = |customer: &Customer| of(customer).into_iter().map(|row| (customer.id, row)).collect::<Vec<_>>();
        customers.iter().flat_map(rows).collect()
    };
    let tables = [(&POINTS, rows(&|customer| points_of(customer, settings))), (&ADDRESSES, rows(&addresses_of))];
    let statements = tables.iter().flat_map(|(table, rows)| table.inserts(company, rows));
    statements.collect()
}

/// The differences in each of the tables.
fn differences(tx: &CompanyTx<'_>, before: &Customer, after: &Customer) -> [Changes; 2] {
    let (company, settings) = (tx.company.id.0, &tx.company.settings);
    let points = |customer: &Customer| points_of(customer, settings);
    [
        POINTS.changes(company, after.id, &points(before), &points(after)),
        ADDRESSES.changes(company, after.id, &addresses_of(before), &addresses_of(after)),
    ]
}

/// Writes the differences immediately.
pub(in super::super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    let changes = differences(tx, before, after);
    tx.execute_all(changes.into_iter().flat_map(|changes| changes.statements)).await
}

/// Writes them with the change record, unless they must come in turn. For a transaction that writes one customer.
pub(in super::super) async fn update_at_end(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    for Changes { statements, in_turn } in differences(tx, before, after) {
        if in_turn {
            tx.execute_all(statements).await?;
        } else {
            tx.defer(statements);
        }
    }
    Ok(())
}

/// Makes the addresses of the customers that meet a condition unique, or available to other customers.
pub(crate) fn keyed(company: Uuid, of: Expr, is_unique: bool) -> UpdateStatement {
    let key = if is_unique { Expr::col("normalized") } else { Expr::cust("NULL") };
    Query::update()
        .table(POINTS.name)
        .value("email_key", key)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("kind").eq(EMAIL))
        .and_where(of)
        .to_owned()
}

/// The same for one customer, who goes to the trash or comes back.
pub(in super::super) fn key_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    if !customer.emails.is_empty() {
        let is_of = Expr::col("customer_id").eq(customer.id.0);
        let update = keyed(tx.company.id.0, is_of, customer.has_unique_emails(&tx.company.settings));
        tx.defer([Deferred::Update(update)]);
    }
}

/// A select of the customers with one of these addresses or numbers.
fn having(company: Uuid, kind: &'static str, values: BTreeSet<String>, postgres: bool) -> SelectStatement {
    Query::select()
        .column("customer_id")
        .from(POINTS.name)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("kind").eq(kind))
        .and_where(any_of(Expr::col("normalized"), values.into_iter().collect(), postgres))
        .to_owned()
}

/// A select of the customers with one of these e-mail addresses.
pub(in super::super) fn having_email(company: Uuid, emails: BTreeSet<String>, postgres: bool) -> SelectStatement {
    having(company, EMAIL, emails, postgres)
}

/// A select of the customers with one of these numbers in international form.
pub(in super::super) fn having_phone(company: Uuid, phones: BTreeSet<String>, postgres: bool) -> SelectStatement {
    having(company, PHONE, phones, postgres)
}

/// The e-mail addresses of customers in the trash, each with whether another customer has it by now.
pub(in super::super) async fn emails_in_trash(
    tx: &mut CompanyTx<'_>,
    customers: Vec<Uuid>,
) -> Result<Vec<(Uuid, String, bool)>> {
    let company = tx.company.id.0;
    let is_same = Expr::col(("live", "company_id"))
        .eq(company)
        .and(Expr::col(("live", "email_key")).equals(("trashed", "normalized")));
    let live = Query::select().expr(Expr::val(1)).from_as(POINTS.name, "live").and_where(is_same).to_owned();
    let select = Query::select()
        .columns([("trashed", "customer_id"), ("trashed", "normalized")])
        .expr_as(Expr::exists(live), "is_taken")
        .from_as(POINTS.name, "trashed")
        .and_where(Expr::col(("trashed", "company_id")).eq(company))
        .and_where(Expr::col(("trashed", "kind")).eq(EMAIL))
        .and_where(any_of(Expr::col(("trashed", "customer_id")), customers, tx.is_postgres()))
        .order_by(("trashed", "customer_id"), Order::Asc)
        .to_owned();
    let row = |row: &sea_orm::QueryResult| {
        Ok((row.try_get("", "customer_id")?, row.try_get("", "normalized")?, row.try_get("", "is_taken")?))
    };
    tx.query(&select).await?.iter().map(row).collect()
}
