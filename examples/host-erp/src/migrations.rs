//! The ERP's own migrations, which are independent of the CRM's.

#![expect(elided_lifetimes_in_paths, reason = "`MigrationTrait` is declared that way")]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, pk_auto, string, string_null, text, timestamp_with_time_zone};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables), Box::new(Sessions)]
    }
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "m20190401_000001_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = || pk_auto("id").big_integer().take();
        let employees = Table::create()
            .table("employees")
            .col(id())
            .col(big_integer("company_id"))
            .col(string("name"))
            .col(text("job"))
            .to_owned();
        let customers = Table::create()
            .table("customers")
            .col(id())
            .col(big_integer("company_id"))
            .col(string("name"))
            .col(string_null("email"))
            .to_owned();
        let invoices = Table::create()
            .table("invoices")
            .col(big_integer("company_id"))
            .col(big_integer("number"))
            .col(big_integer("customer_id"))
            .col(big_integer("cents"))
            .primary_key(Index::create().col("company_id").col("number"))
            .foreign_key(ForeignKey::create().from("invoices", "customer_id").to("customers", "id"))
            .to_owned();
        for table in [employees, customers, invoices] {
            manager.create_table(table).await?;
        }
        Ok(())
    }
}

struct Sessions;

impl MigrationName for Sessions {
    fn name(&self) -> &str {
        "m20210701_000002_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Sessions {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sessions = Table::create()
            .table("sessions")
            .col(string("digest").primary_key())
            .col(big_integer("employee_id"))
            .col(timestamp_with_time_zone("expires_at"))
            .foreign_key(ForeignKey::create().from("sessions", "employee_id").to("employees", "id"))
            .to_owned();
        manager.create_table(sessions).await
    }
}
