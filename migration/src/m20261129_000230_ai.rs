//! Summaries and suggested replies of a language model, and the tokens that companies use.

use sea_orm_migration::prelude::*;

use crate::columns::{json, key_text, number, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INTERACTIONS: &str = "crm_customer_interactions";
const USAGE: &str = "crm_ai_usage";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter().table(INTERACTIONS).add_column(optional(json("ai"))).to_owned();
        manager.alter_table(add).await?;
        let columns = vec![
            uuid("company_id"),
            // A day in the time zone of the company: 2026-11-29.
            key_text(manager, "day"),
            number("calls"),
            number("input_tokens"),
            number("output_tokens"),
            // Of calls whose answer has not come yet.
            number("reserved_tokens"),
            time("updated_at"),
        ];
        let mut usage = table(USAGE, &["company_id", "day"], columns);
        usage.foreign_key(&mut reference(
            "crm_ai_usage_company_fkey",
            (USAGE, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ));
        manager.create_table(usage).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(USAGE).to_owned()).await?;
        manager.alter_table(Table::alter().table(INTERACTIONS).drop_column("ai").to_owned()).await
    }
}
