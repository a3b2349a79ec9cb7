//! Import: leads from a file of another system. The file is read as one of customers is; what its rows become is written here.

use std::collections::HashMap;
use std::io::Read;

use chrono::{DateTime, Utc};
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::by_rules;
use super::draft::{Draft, NewOwn};
use super::held::Held;
use super::input::NewLead;
use super::repo::{Leads, visible};
use super::row::{self, TABLE};
pub(crate) use super::status::Statuses;
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::customers::{self, Customer, ImportOptions, ImportRecords, ImportReport, NewCustomer, of_lead};
use crate::query::dialect::any_of;
use crate::scope::actor::ActorRef;
use crate::scope::{Change, CompanyTx, Envelope, is_live};
use crate::tags::{self, CustomerTag};

impl Leads<'_, '_> {
    /// Imports leads from a table (CSV), a workbook (XLSX), cards (vCard) or JSON, as
    /// [`Customers::import`](crate::customers::Customers::import) does customers: rows are matched to leads that were not
    /// converted, and only leads are written. Columns of fields that leads do not have are kept in `customFields`. A status is
    /// one of the company's, by its name or code. [`ImportOptions::organizations`] stays a text.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) without the right to import leads; otherwise those of an import of
    /// customers. Errors of rows are part of the report.
    #[tracing::instrument(name = "leads.import", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn import(&mut self, file: impl Read + Send + 'static, options: ImportOptions) -> Result<ImportReport> {
        customers::run_import(self.0, file, ImportOptions { records: ImportRecords::Leads, ..options }).await
    }
}

/// A lead that an import adds or changes.
#[derive(Clone, Debug)]
pub(crate) struct ImportedLead(Held);

impl ImportedLead {
    /// A new one.
    pub fn fresh(tx: &CompanyTx<'_>) -> Self {
        Self(Held::fresh(tx))
    }

    /// Its row among the customers.
    pub const fn customer(&self) -> &Customer {
        &self.0.customer
    }

    pub const fn customer_mut(&mut self) -> &mut Customer {
        &mut self.0.customer
    }

    pub fn set_tags(&mut self, tags: Vec<CustomerTag>) {
        self.0.customer.tags = tags;
    }

    /// Takes the values of a row, if they have no fault. Those of the row's own fields that are absent stay as they are.
    pub async fn write(
        &mut self,
        tx: &mut CompanyTx<'_>,
        before: Option<&Self>,
        (person, own): (NewCustomer, &NewLead),
        statuses: &mut Statuses,
    ) -> Result<()> {
        let before = before.map(|before| &before.0);
        let own = NewOwn::from(&self.0.own).overlaid(own);
        let named = Draft { person, own }.write(tx, before, &mut self.0)?;
        statuses.settle(tx, before, named, &mut self.0).await?;
        if let Some(before) = before {
            of_lead::check_links(tx, &before.customer, &mut self.0.customer).await?;
        }
        self.0.note_owner(before, tx.now());
        Ok(())
    }

    /// Stamps a new one with the time of its row.
    pub fn stamp_new(&mut self, tx: &CompanyTx<'_>, at: DateTime<Utc>) {
        self.0.stamp(1, at, ActorRef::from(tx.actor()));
    }

    /// Whether nothing is shown of it that was not before.
    pub fn is_same(&self, before: &Self) -> bool {
        self.0.clone().into_lead() == before.0.clone().into_lead()
    }

    /// Writes what differs from before. False if nothing does.
    pub async fn store(&mut self, tx: &mut CompanyTx<'_>, before: &Self) -> Result<bool> {
        if !tx.update(&before.0, &mut self.0, Change::Updated).await? {
            return Ok(false);
        }
        of_lead::update_now(tx, &before.0.customer, &self.0.customer).await?;
        Ok(true)
    }
}

/// Those of some leads that can be written, held until the transaction ends.
pub(crate) async fn leads_by_id(tx: &CompanyTx<'_>, ids: Vec<Uuid>) -> Result<HashMap<CustomerId, ImportedLead>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let most = ids.len() as u64;
    let column = |name: &'static str| Expr::col((TABLE, name));
    let rows = row::customers_first(tx, visible(tx.find(), tx.actor()), ids.clone());
    let rows = rows.filter(any_of(column("id"), ids, tx.is_postgres()));
    let rows = rows.filter(is_live(TABLE)).filter(column("converted_at").is_null());
    let rows = row::select(rows, tx.actor(), tx.is_postgres()).map(|select| select.order_by_asc(row::Column::Id));
    let found: Vec<Held> = rows.for_no_key_update().fetch_up_to(most).await?;
    Ok(found.into_iter().map(|lead| (lead.customer.id, ImportedLead(lead))).collect())
}

/// Adds new leads with their tags, in few statements, and assigns those without an owner by the rules.
pub(crate) async fn write_new(tx: &mut CompanyTx<'_>, leads: Vec<ImportedLead>) -> Result<()> {
    let mut leads: Vec<Held> = leads.into_iter().map(|lead| lead.0).collect();
    for lead in &mut leads {
        lead.promise_response(&tx.company.settings, tx.now());
    }
    let customers: Vec<Customer> = leads.iter().map(|lead| lead.customer.clone()).collect();
    of_lead::insert_all(tx, &customers).await?;
    tx.insert_parts(&leads).await?;
    by_rules::assign_all_new(tx, &mut leads).await?;
    for lead in &leads {
        tx.record_created(lead)?;
    }
    by_rules::tell_owners(tx, &leads)?;
    tags::give_new(tx, &customers).await
}
