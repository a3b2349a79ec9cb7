//! The rows, written with their customers.

use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use uuid::Uuid;

use super::super::model::Customer;
use super::super::owned_rows::{Changes, Row, Table};
use crate::base::custom_field::{CompanyFields, FieldRules, IndexKey};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::custom_fields::CustomFieldEntity;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

pub(in super::super) const TABLE: &str = "crm_customer_field_values";

pub(super) static VALUES: Table = Table {
    name: TABLE,
    columns: &["field_key", "position", "text_value", "number_value", "unique_key", "is_unique", "sort_key"],
    key: 2,
    unique: None,
};

/// Where two of the columns stand.
pub(super) const UNIQUE_KEY: usize = 4;
pub(super) const IS_UNIQUE: usize = 5;

/// The rows of a customer.
fn rows_of(customer: &Customer, fields: &CompanyFields) -> Vec<Row> {
    fields
        .of(CustomFieldEntity::Customer)
        .filter(|rules| rules.has_rows())
        .flat_map(|rules| rows_of_field(customer, rules))
        .collect()
}

/// The rows of a customer's value of one field. A lead has none, and so takes no value from a customer.
pub(super) fn rows_of_field(customer: &Customer, rules: &FieldRules) -> Vec<Row> {
    let Some(value) = customer.custom_fields.get(&rules.key).filter(|_| !customer.is_lead) else {
        return Vec::new();
    };
    let unique_key = rules.unique_key(value);
    let is_unique = unique_key.is_some() && !customer.is_trashed();
    let sort_key = match rules.sort_key(value) {
        Some(IndexKey::Text(text)) => Some(text),
        Some(IndexKey::Number(_)) | None => None,
    };
    let row = |(position, key): (usize, IndexKey)| {
        let (text, number) = match key {
            IndexKey::Text(text) => (Some(text), None),
            IndexKey::Number(number) => (None, Some(number)),
        };
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        vec![
            rules.key.as_str().into(),
            position.into(),
            text.into(),
            number.into(),
            unique_key.clone().into(),
            Value::from(is_unique),
            sort_key.clone().into(),
        ]
    };
    rules.index_keys(value).into_iter().enumerate().map(row).collect()
}

/// Adds the rows of a new customer with its change record, which saves a round trip.
pub(in super::super) fn insert_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    let rows = all_rows(tx, std::slice::from_ref(customer));
    tx.defer(VALUES.inserts(tx.company.id.0, &rows).map(Deferred::Insert));
}

/// Adds the rows of new customers.
pub(in super::super) async fn insert(tx: &mut CompanyTx<'_>, customers: &[Customer]) -> Result<()> {
    let rows = all_rows(tx, customers);
    insert_rows(tx, &rows).await
}

pub(super) async fn insert_rows(tx: &mut CompanyTx<'_>, rows: &[(CustomerId, Row)]) -> Result<()> {
    tx.execute_all(VALUES.inserts(tx.company.id.0, rows).map(Deferred::Insert)).await
}

/// Writes the rows of customers again, with all that a newer release derives.
pub(in super::super) async fn renew(tx: &mut CompanyTx<'_>, customers: impl Iterator<Item = &Customer>) -> Result<()> {
    let rows: Vec<_> = customers.flat_map(|customer| numbered(tx, customer)).collect();
    tx.execute_all(VALUES.puts(tx.company.id.0, &rows).map(Deferred::Insert)).await
}

fn numbered(tx: &CompanyTx<'_>, customer: &Customer) -> Vec<(CustomerId, Row)> {
    rows_of(customer, &tx.company.fields).into_iter().map(|row| (customer.id, row)).collect()
}

fn all_rows(tx: &CompanyTx<'_>, customers: &[Customer]) -> Vec<(CustomerId, Row)> {
    customers.iter().flat_map(|customer| numbered(tx, customer)).collect()
}

fn difference(tx: &CompanyTx<'_>, before: &Customer, after: &Customer) -> Changes {
    let fields = &tx.company.fields;
    VALUES.changes(tx.company.id.0, after.id, &rows_of(before, fields), &rows_of(after, fields))
}

/// Writes what differs with the change record.
pub(in super::super) fn update_at_end(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) {
    let Changes { statements, .. } = difference(tx, before, after);
    tx.defer(statements);
}

/// Writes what differs immediately.
pub(in super::super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    let Changes { statements, .. } = difference(tx, before, after);
    tx.execute_all(statements).await
}

/// Makes the values of the customers that meet a condition unique, or available to other customers. Nothing to do where the
/// company has no unique field.
pub(in super::super) fn keyed(tx: &CompanyTx<'_>, of: Expr, is_unique: bool) -> Option<UpdateStatement> {
    if !has_unique_fields(tx) {
        return None;
    }
    let update = Query::update()
        .table(VALUES.name)
        .value("is_unique", is_unique)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("unique_key").is_not_null())
        .and_where(of)
        .to_owned();
    Some(update)
}

/// The same for one customer, who goes to the trash or comes back.
pub(in super::super) fn key_at_end(tx: &mut CompanyTx<'_>, customer: &Customer) {
    let is_of = Expr::col("customer_id").eq(customer.id.0);
    let update = keyed(tx, is_of, !customer.is_trashed());
    tx.defer(update.map(Deferred::Update));
}

/// The unique values of customers in the trash, each with whether another customer has it by now.
pub(in super::super) async fn in_trash(
    tx: &mut CompanyTx<'_>,
    customers: Vec<Uuid>,
) -> Result<Vec<(Uuid, String, bool)>> {
    if !has_unique_fields(tx) {
        return Ok(Vec::new());
    }
    let company = tx.company.id.0;
    let is_same = Expr::col(("live", "company_id"))
        .eq(company)
        .and(Expr::col(("live", "field_key")).equals(("trashed", "field_key")))
        .and(Expr::col(("live", "unique_key")).equals(("trashed", "unique_key")))
        .and(Expr::col(("live", "is_unique")));
    let live = Query::select().expr(Expr::val(1)).from_as(TABLE, "live").and_where(is_same).to_owned();
    let select = Query::select()
        .columns(["customer_id", "field_key", "unique_key"].map(|column| ("trashed", column)))
        .expr_as(Expr::exists(live), "is_taken")
        .from_as(TABLE, "trashed")
        .and_where(Expr::col(("trashed", "company_id")).eq(company))
        .and_where(Expr::col(("trashed", "unique_key")).is_not_null())
        .and_where(any_of(Expr::col(("trashed", "customer_id")), customers, tx.is_postgres()))
        .to_owned();
    let row = |row: &sea_orm::QueryResult| {
        let [field, value]: [String; 2] = [row.try_get("", "field_key")?, row.try_get("", "unique_key")?];
        Ok((row.try_get("", "customer_id")?, format!("{field}\n{value}"), row.try_get("", "is_taken")?))
    };
    tx.query(&select).await?.iter().map(row).collect()
}

fn has_unique_fields(tx: &CompanyTx<'_>) -> bool {
    tx.company.fields.of(CustomFieldEntity::Customer).any(|rules| rules.is_unique)
}
