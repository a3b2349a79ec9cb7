//! Recomputes the search texts and keys of customers.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::model::Customer;
use super::row::{self, CustomerRow, TABLE};
use crate::base::error::Result;
use crate::base::text::email;
use crate::scope::reindex::{BATCH, Batch, is_taken};
use crate::scope::{CompanyTx, Record};

/// The next customers after an id.
pub(crate) async fn reindex(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Batch> {
    let postgres = tx.is_postgres();
    let next = tx.find::<row::Entity>().filter(Expr::col((TABLE, "id")).gt(after));
    let next = next.map(|select| row::joined(select, postgres).order_by_asc(row::Column::Id));
    let rows: Vec<CustomerRow> = next.for_no_key_update().fetch_up_to(BATCH).await?;
    let mut batch = Batch { last: rows.last().map(|joined| joined.row.id), ..Batch::default() };
    for joined in rows {
        one(tx, joined, &mut batch).await?;
    }
    Ok(batch)
}

async fn one(tx: &mut CompanyTx<'_>, joined: CustomerRow, batch: &mut Batch) -> Result<()> {
    let stored = joined.row.clone();
    let mut customer = Customer::try_from(joined)?;
    customer.email = customer.email.as_deref().map(email);
    customer.set_unique_email_key(&tx.company.settings);
    if let Some(key) = customer.email_key.as_deref().filter(|key| stored.email_key.as_deref() != Some(*key))
        && is_taken(tx, (TABLE, stored.id), "email_key", key).await?
    {
        batch.conflicts.push(stored.id);
        (customer.email, customer.email_key) = (stored.email.clone(), stored.email_key.clone());
    }
    let mut derived = customer.row(&tx.company)?;
    let columns = [
        ("name_key", Some(stored.name_key), derived.name_key.take()),
        ("organization_key", stored.organization_key, derived.organization_key.take().flatten()),
        ("city_key", stored.city_key, derived.city_key.take().flatten()),
        ("search_text", Some(stored.search_text), derived.search_text.take()),
        ("email", stored.email, customer.email),
        ("email_key", stored.email_key, customer.email_key),
    ];
    batch.write(tx, (TABLE, stored.id), columns).await
}
