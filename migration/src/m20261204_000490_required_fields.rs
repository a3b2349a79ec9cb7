//! The fields that a stage requires of the deals that enter it.

use sea_orm_migration::prelude::*;

use crate::columns::{json, optional};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STAGES: &str = "crm_pipeline_stages";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A list of names; NULL for none.
        let fields = optional(json("required_fields"));
        manager.alter_table(Table::alter().table(STAGES).add_column(fields).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(STAGES).drop_column("required_fields").to_owned()).await
    }
}
