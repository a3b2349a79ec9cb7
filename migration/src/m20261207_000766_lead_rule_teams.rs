//! The team whose members get leads by a rule.

use sea_orm_migration::prelude::*;

use crate::columns::{optional, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RULES: &str = "crm_lead_assignment_rules";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Without a reference to teams: the directory may have a team no more.
        let team = optional(uuid("team_id"));
        manager.alter_table(Table::alter().table(RULES).add_column(team).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(RULES).drop_column("team_id").to_owned()).await
    }
}
