//! The names of teams, and the order by them.

use sea_orm_migration::prelude::*;

use crate::columns::{index, key_text, optional, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TEAMS: &str = "crm_teams";
const KEY: &str = "name_key";
const INDEX: &str = "crm_teams_name_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // NULL for a team of which the directory tells none.
        let name = optional(text("name"));
        // SQLite adds a column without NULL only with a default.
        let key = key_text(manager, KEY).default("").take();
        for column in [name, key] {
            manager.alter_table(Table::alter().table(TEAMS).add_column(column).to_owned()).await?;
        }
        manager.create_index(index(INDEX, TEAMS, &["company_id", KEY, "id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table(TEAMS).to_owned()).await?;
        for column in [KEY, "name"] {
            manager.alter_table(Table::alter().table(TEAMS).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
