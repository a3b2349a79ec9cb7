//! A tiny ERP that embeds the CRM.
//!
//! It had customers, invoices, integer keys, rights and sessions before. To embed the CRM it needed [`crm`], the lines
//! here that use it (one to migrate, one to make a [`Crm`], and those that book an invoice), and `web::crm` for the
//! CRM's routes.

pub mod crm;
mod migrations;
mod rights;
mod sessions;
pub mod tables;
pub mod web;

use anyhow::{Context, Result};
use crm_core::actor::Actor;
use crm_core::customers::Customer;
use crm_core::events::Event;
use crm_core::{CompanyScope, Crm, Error, begin_write};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
};
use sea_orm_migration::MigratorTrait;

pub use rights::Right;
use tables::{Job, customer, employee, invoice};

/// An invoice to book.
#[derive(Clone, Debug)]
pub struct NewInvoice {
    /// The number.
    pub number: i64,
    /// The amount.
    pub cents: i64,
    /// The recipient; an unknown customer is added.
    pub to: (String, Option<String>),
}

/// The ERP of one process.
#[derive(Clone, Debug)]
pub struct Erp {
    db: DatabaseConnection,
    crm: Crm,
}

impl Erp {
    /// Opens the ERP: migrates its own tables and the CRM's in one database.
    pub async fn open(db: DatabaseConnection) -> Result<Self> {
        migrations::Migrator::up(&db, None).await.context("the ERP's migrations fail")?;
        migration::up(&db).await.context("the CRM's migrations fail")?;
        Ok(Self { db, crm: Crm::builder().event_source("/erp/crm").build() })
    }

    /// The CRM for an employee.
    pub fn crm(&self, employee: &employee::Model) -> CompanyScope<'static> {
        self.crm.on(crm::actor(employee), &self.db)
    }

    /// Hires a person.
    pub async fn hire(&self, company_id: i64, name: &str, job: Job) -> Result<employee::Model> {
        let new = employee::ActiveModel {
            id: NotSet,
            company_id: Set(company_id),
            name: Set(name.to_owned()),
            job: Set(job),
        };
        Ok(new.insert(&self.db).await?)
    }

    /// Logs an employee in; returns the token of the session.
    pub async fn log_in(&self, employee: &employee::Model) -> Result<String> {
        Ok(sessions::begin(&self.db, employee).await?)
    }

    /// Ends a session.
    pub async fn log_out(&self, token: &str) -> Result<()> {
        Ok(sessions::end(&self.db, token).await?)
    }

    /// The employee of a valid session.
    pub async fn logged_in(&self, token: &str) -> Result<Option<employee::Model>> {
        Ok(sessions::employee(&self.db, token).await?)
    }

    /// The invoices of the person's company.
    pub async fn invoices(&self, of: &employee::Model) -> Result<Vec<invoice::Model>> {
        let own = invoice::Column::CompanyId.eq(of.company_id);
        Ok(invoice::Entity::find().filter(own).order_by_asc(invoice::Column::Number).all(&self.db).await?)
    }

    /// Books an invoice, and makes its recipient an active customer of the CRM, in one transaction.
    pub async fn book(&self, by: &employee::Model, new: NewInvoice) -> Result<invoice::Model> {
        let mut tx = begin_write(&self.db).await?;
        let customer = customer_called(&tx, by.company_id, new.to).await?;
        crm::invoiced(self.crm.within(crm::actor(by), &mut tx), &customer).await?;
        let invoice = invoice::ActiveModel {
            company_id: Set(by.company_id),
            number: Set(new.number),
            customer_id: Set(customer.id),
            cents: Set(new.cents),
        };
        let invoice = invoice.insert(&tx).await?;
        tx.commit().await?;
        Ok(invoice)
    }

    /// Removes expired idempotency keys and old bulk actions of the CRM.
    pub async fn tidy_crm(&self) -> Result<()> {
        self.crm.delete_old_bulk_actions(&self.db).await?;
        self.crm.delete_expired_keys(&self.db).await?;
        Ok(())
    }

    /// Processes the events of the CRM since the last call: renames customers that were renamed there. Returns the new
    /// names.
    pub async fn follow_crm(&self) -> Result<Vec<String>> {
        let mut taken_over = Vec::new();
        loop {
            let pending = self.crm.pending_events(&self.db, "erp", 100).await?;
            for event in &pending.events {
                taken_over.extend(self.deal_with(event).await?);
            }
            self.crm.acknowledge(&self.db, "erp", &pending.cursor).await?;
            if pending.events.is_empty() {
                return Ok(taken_over);
            }
        }
    }

    /// Events may be repeated, and contain no values: the customer is read again.
    async fn deal_with(&self, event: &Event) -> Result<Option<String>> {
        if event.event_type != "crm.customer.updated" {
            return Ok(None);
        }
        let mut scope = self.crm.on(Actor::system(event.companyid), &self.db);
        let theirs = match scope.customers().get(event.subject.into()).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        let Some(ours) = self.ours(&theirs).await? else {
            return Ok(None);
        };
        if ours.name == theirs.name {
            return Ok(None);
        }
        let renamed = customer::ActiveModel { name: Set(theirs.name.clone()), ..ours.into() };
        renamed.update(&self.db).await?;
        Ok(Some(theirs.name))
    }

    /// The ERP's customer that a customer of the CRM refers to.
    async fn ours(&self, theirs: &Customer) -> Result<Option<customer::Model>> {
        let reference = theirs.external_refs.iter().find(|reference| reference.system == crm::SYSTEM);
        let Some(id) = reference.and_then(|reference| reference.id.parse::<i64>().ok()) else {
            return Ok(None);
        };
        Ok(customer::Entity::find_by_id(id).one(&self.db).await?)
    }
}

/// The customer of that name, added if there is none.
async fn customer_called(
    db: &impl ConnectionTrait,
    company_id: i64,
    (name, email): (String, Option<String>),
) -> Result<customer::Model> {
    let known = customer::Entity::find()
        .filter(customer::Column::CompanyId.eq(company_id))
        .filter(customer::Column::Name.eq(&name))
        .one(db)
        .await?;
    match known {
        Some(known) => Ok(known),
        None => {
            let new =
                customer::ActiveModel { id: NotSet, company_id: Set(company_id), name: Set(name), email: Set(email) };
            Ok(new.insert(db).await?)
        }
    }
}

/// The code in the README of the repository, so that it compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
