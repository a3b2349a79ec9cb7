//! What a deal brings again and again, and what an ERP has made of it.

use sea_orm_migration::prelude::*;

use crate::columns::{json, key_text, number, optional};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const DEALS: &str = "crm_deals";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            number("recurring_amount"),
            key_text(manager, "recurring_currency"),
            key_text(manager, "recurring_interval"),
            json("quote_ref"),
            json("order_ref"),
            json("invoice_refs"),
        ];
        for column in columns.map(optional) {
            manager.alter_table(Table::alter().table(DEALS).add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["recurring_amount", "recurring_currency", "recurring_interval", "quote_ref", "order_ref"];
        for column in columns.into_iter().chain(["invoice_refs"]) {
            manager.alter_table(Table::alter().table(DEALS).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
