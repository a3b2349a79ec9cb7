//! The sources of customers in the form in which they are compared: they are stored as typed.

use sea_orm_migration::prelude::*;

use crate::columns::{key_text, optional};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";
const KEY: &str = "source_key";

/// Sources so far are in lower case, with underscores for blanks. Accents are folded when the keys are recomputed.
const FILL: &str = "UPDATE crm_customers SET source_key = replace(source, '_', ' ') WHERE source IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = optional(key_text(manager, KEY));
        manager.alter_table(Table::alter().table(CUSTOMERS).add_column(column).to_owned()).await?;
        manager.get_connection().execute_unprepared(FILL).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(CUSTOMERS).drop_column(KEY).to_owned()).await
    }
}
