//! What the conversion of a lead has to do with its deal.

use sea_orm_migration::prelude::*;

use crate::columns::{optional, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LEADS: &str = "crm_leads";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // NULL of a conversion with a deal: it was added.
        let link = optional(text("converted_deal_link"));
        manager.alter_table(Table::alter().table(LEADS).add_column(link).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(LEADS).drop_column("converted_deal_link").to_owned()).await
    }
}
