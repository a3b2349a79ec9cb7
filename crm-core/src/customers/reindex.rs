//! Recomputes the search texts and keys of customers.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::Customer;
use super::row::{self, TABLE};
use super::{contact_points, duplicates, field_values};
use crate::base::error::Result;
use crate::base::text::email;
use crate::scope::reindex::{BATCH, Batch, is_taken};
use crate::scope::{CompanyTx, FromRow, Record, RowReader};

/// The next customers after an id.
pub(crate) async fn reindex(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Batch> {
    let postgres = tx.is_postgres();
    let next = tx.find::<row::Entity>().filter(Expr::col((TABLE, "id")).gt(after));
    let next = row::select(next, tx.actor(), postgres);
    let next = next.map(|select| select.columns(DERIVED).order_by_asc(row::Column::Id));
    let rows: Vec<Stored> = next.for_no_key_update().fetch_up_to(BATCH).await?;
    let ids: Vec<Uuid> = rows.iter().map(|stored| stored.customer.id.0).collect();
    let mut lists = contact_points::stored(tx, &ids).await?;
    let mut keys = duplicates::stored(tx, &ids).await?;
    field_values::renew(tx, rows.iter().map(|stored| &stored.customer)).await?;
    let mut batch = Batch { last: rows.last().map(|stored| stored.customer.id.0), ..Batch::default() };
    for stored in rows {
        let points = lists.remove(&stored.customer.id.0).unwrap_or_default();
        let keys = keys.remove(&stored.customer.id.0).unwrap_or_default();
        one(tx, stored, (&points, &keys), &mut batch).await?;
    }
    Ok(batch)
}

/// What is stored beside the fields of a customer, and derived from them.
const DERIVED: [row::Column; 5] = [
    row::Column::NameKey,
    row::Column::OrganizationKey,
    row::Column::CityKey,
    row::Column::SourceKey,
    row::Column::SearchText,
];

struct Stored {
    customer: Customer,
    name_key: String,
    organization_key: Option<String>,
    city_key: Option<String>,
    source_key: Option<String>,
    search_text: String,
}

impl FromRow for Stored {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            customer: Customer::from_row(row)?,
            name_key: row.take("name_key")?,
            organization_key: row.take("organization_key")?,
            city_key: row.take("city_key")?,
            source_key: row.take("source_key")?,
            search_text: row.take("search_text")?,
        })
    }
}

async fn one(
    tx: &mut CompanyTx<'_>,
    stored: Stored,
    (points, keys): (&contact_points::Stored, &BTreeSet<i64>),
    batch: &mut Batch,
) -> Result<()> {
    let mut customer = stored.customer;
    let (id, email_before, key_before) = (customer.id.0, customer.email.clone(), customer.email_key.clone());
    let emails_before = customer.emails.clone();
    customer.email = customer.email.as_deref().map(email);
    customer.emails.iter_mut().for_each(|one| one.address = email(&one.address));
    customer.set_unique_email_key(&tx.company.settings);
    let (new_key, mut is_outdated) = (customer.email_key.clone(), contact_points::is_outdated(tx, &customer, points));
    let is_taken = match new_key.as_deref().filter(|key| key_before.as_deref() != Some(*key)) {
        Some(key) => is_taken(tx, (TABLE, id), "email_key", key).await?,
        None => false,
    };
    if is_taken || (is_outdated && contact_points::is_in_conflict(tx, &customer).await?) {
        batch.conflicts.push(id);
        (customer.email, customer.emails, customer.email_key) =
            (email_before.clone(), emails_before, key_before.clone());
        is_outdated = false;
    }
    if is_outdated {
        contact_points::reindex(tx, &customer, points).await?;
        batch.written += 1;
    }
    if duplicates::reindex(tx, &customer, keys).await? {
        batch.written += 1;
    }
    let mut derived = customer.row(&tx.company)?;
    let columns = [
        ("name_key", Some(stored.name_key), derived.name_key.take()),
        ("organization_key", stored.organization_key, derived.organization_key.take().flatten()),
        ("city_key", stored.city_key, derived.city_key.take().flatten()),
        ("source_key", stored.source_key, derived.source_key.take().flatten()),
        ("search_text", Some(stored.search_text), derived.search_text.take()),
        ("email", email_before, customer.email),
        ("email_key", key_before, customer.email_key),
    ];
    batch.write(tx, (TABLE, id), columns).await
}
