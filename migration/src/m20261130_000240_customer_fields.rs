//! More of what a company keeps about a customer.

use sea_orm_migration::prelude::*;

use crate::columns::{number, optional, text, time};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";

fn columns() -> Vec<ColumnDef> {
    vec![
        text("salutation"),
        text("middle_name"),
        text("name_suffix"),
        text("department"),
        ColumnDef::new("birth_date").date().take(),
        text("language"),
        text("time_zone"),
        text("industry"),
        text("employee_band"),
        // In minor units of the currency.
        number("annual_revenue"),
        text("annual_revenue_currency"),
        text("tax_id"),
        text("lifecycle_stage"),
        text("relationship"),
        text("description"),
        time("source_created_at"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    // SQLite adds one column a statement.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table(CUSTOMERS).add_column(optional(column)).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns().iter().rev() {
            let name = Alias::new(column.get_column_name());
            manager.alter_table(Table::alter().table(CUSTOMERS).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
