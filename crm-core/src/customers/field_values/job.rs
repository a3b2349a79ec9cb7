//! The rows of the customers who are there when a field becomes unique or gets its index.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{QueryOrder, Value};
use serde_json::json;
use uuid::Uuid;

use super::super::model::Customer;
use super::super::owned_rows::Row;
use super::super::row;
use super::store::{IS_UNIQUE, UNIQUE_KEY, VALUES, insert_rows, rows_of_field};
use crate::base::custom_field::FieldRules;
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::custom_fields::{self, CustomFieldEntity};
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::jobs::{JobDone, JobError, JobHandler, RunningJob};

/// How many customers a transaction holds.
const BATCH: u64 = 500;

/// Makes the rows of a custom field what its definition asks for, batch by batch: those of all customers, or none. To do
/// it twice changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexCustomField;

impl IndexCustomField {
    /// The kind.
    pub const KIND: &'static str = custom_fields::INDEX_JOB;
}

#[async_trait]
impl JobHandler for IndexCustomField {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let key: String = job.payload()?;
        let company = job.scope().company().await?;
        let rules = company.fields.get(CustomFieldEntity::Customer, &key).filter(|rules| rules.has_rows());
        let (mut after, mut customers, mut repeated) = (Uuid::nil(), 0, 0);
        loop {
            let batch = job.scope().write(async |tx| next_batch(tx, &key, rules, after).await).await?;
            let Some(Batch { last, size, taken }) = batch else { break };
            (after, customers, repeated) = (last, customers + size, repeated + taken);
            job.progress(0, Some(&format!("{customers} customers"))).await?;
        }
        let id = job.id();
        let mut tx = job.begin().await?;
        if rules.is_some() {
            tx.scope().write(async |tx| custom_fields::indexed(tx, &key, id).await).await?;
        }
        tx.complete(json!({ "customers": customers, "repeatedValues": repeated })).await
    }
}

struct Batch {
    last: Uuid,
    size: usize,
    /// How many values of a unique field another customer has as well.
    taken: usize,
}

/// Writes the rows of the next customers anew.
async fn next_batch(
    tx: &mut CompanyTx<'_>,
    key: &str,
    rules: Option<&FieldRules>,
    after: Uuid,
) -> Result<Option<Batch>> {
    let next = tx.find::<row::Entity>().filter(Expr::col((row::TABLE, "id")).gt(after));
    let next = row::select(next, tx.actor(), tx.is_postgres()).map(|select| select.order_by_asc(row::Column::Id));
    let customers: Vec<Customer> = next.for_no_key_update().fetch_up_to(BATCH).await?;
    let Some(last) = customers.last() else {
        return Ok(None);
    };
    delete(tx, key, &customers).await?;
    let mut rows: Vec<(CustomerId, Row)> = Vec::new();
    if let Some(rules) = rules {
        for customer in &customers {
            rows.extend(rows_of_field(customer, rules).into_iter().map(|row| (customer.id, row)));
        }
    }
    let taken = release_repeated(tx, key, &mut rows).await?;
    insert_rows(tx, &rows).await?;
    Ok(Some(Batch { last: last.id.0, size: customers.len(), taken }))
}

fn of_key(company: Uuid, key: &str) -> Expr {
    Expr::col("company_id").eq(company).and(Expr::col("field_key").eq(key))
}

async fn delete(tx: &mut CompanyTx<'_>, key: &str, customers: &[Customer]) -> Result<()> {
    let ids: Vec<Uuid> = customers.iter().map(|customer| customer.id.0).collect();
    let delete = Query::delete()
        .from_table(VALUES.name)
        .and_where(of_key(tx.company.id.0, key))
        .and_where(any_of(Expr::col("customer_id"), ids, tx.is_postgres()))
        .to_owned();
    tx.execute(&delete).await.map(drop)
}

/// Of customers with the same value, the first one has it; the others keep theirs, which nobody else may take over. Gives
/// how many these are.
async fn release_repeated(tx: &mut CompanyTx<'_>, key: &str, rows: &mut [(CustomerId, Row)]) -> Result<usize> {
    let values: BTreeSet<String> = rows.iter().filter_map(|(_, row)| unique_value(row)).collect();
    if values.is_empty() {
        return Ok(0);
    }
    let select = Query::select()
        .column("unique_key")
        .from(VALUES.name)
        .and_where(of_key(tx.company.id.0, key))
        .and_where(Expr::col("is_unique"))
        .and_where(any_of(Expr::col("unique_key"), values.into_iter().collect(), tx.is_postgres()))
        .to_owned();
    let taken = tx.query(&select).await?;
    let mut taken: BTreeSet<String> =
        taken.iter().map(|row| row.try_get("", "unique_key")).collect::<Result<_, _>>()?;
    let mut repeated = 0;
    for (_, row) in rows {
        if unique_value(row).is_some_and(|value| !taken.insert(value)) {
            row[IS_UNIQUE] = false.into();
            repeated += 1;
        }
    }
    Ok(repeated)
}

/// The value that no other customer may have.
fn unique_value(row: &Row) -> Option<String> {
    match (&row[UNIQUE_KEY], &row[IS_UNIQUE]) {
        (Value::String(Some(value)), Value::Bool(Some(true))) => Some(value.clone()),
        _ => None,
    }
}
