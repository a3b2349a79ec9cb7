//! Recomputes the search texts and keys of customers.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::Customer;
use super::row::{self, TABLE};
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
    let mut batch = Batch { last: rows.last().map(|stored| stored.customer.id.0), ..Batch::default() };
    for stored in rows {
        one(tx, stored, &mut batch).await?;
    }
    Ok(batch)
}

/// What is stored beside the fields of a customer, and derived from them.
const DERIVED: [row::Column; 4] =
    [row::Column::NameKey, row::Column::OrganizationKey, row::Column::CityKey, row::Column::SearchText];

struct Stored {
    customer: Customer,
    name_key: String,
    organization_key: Option<String>,
    city_key: Option<String>,
    search_text: String,
}

impl FromRow for Stored {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            customer: Customer::from_row(row)?,
            name_key: row.take("name_key")?,
            organization_key: row.take("organization_key")?,
            city_key: row.take("city_key")?,
            search_text: row.take("search_text")?,
        })
    }
}

async fn one(tx: &mut CompanyTx<'_>, stored: Stored, batch: &mut Batch) -> Result<()> {
    let mut customer = stored.customer;
    let (id, email_before, key_before) = (customer.id.0, customer.email.clone(), customer.email_key.clone());
    customer.email = customer.email.as_deref().map(email);
    customer.set_unique_email_key(&tx.company.settings);
    if let Some(key) = customer.email_key.as_deref().filter(|key| key_before.as_deref() != Some(*key))
        && is_taken(tx, (TABLE, id), "email_key", key).await?
    {
        batch.conflicts.push(id);
        (customer.email, customer.email_key) = (email_before.clone(), key_before.clone());
    }
    let mut derived = customer.row(&tx.company)?;
    let columns = [
        ("name_key", Some(stored.name_key), derived.name_key.take()),
        ("organization_key", stored.organization_key, derived.organization_key.take().flatten()),
        ("city_key", stored.city_key, derived.city_key.take().flatten()),
        ("search_text", Some(stored.search_text), derived.search_text.take()),
        ("email", email_before, customer.email),
        ("email_key", key_before, customer.email_key),
    ];
    batch.write(tx, (TABLE, id), columns).await
}
