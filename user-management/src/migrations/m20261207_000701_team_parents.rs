//! The team that a team is part of, and the order in which other services read teams.

use migration::columns::{index, optional, uuid};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TEAMS: &str = "um_teams";
const PARENT: &str = "um_teams_parent_idx";
const FEED: &str = "um_teams_feed_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = optional(uuid("parent_id"));
        manager.alter_table(Table::alter().table(TEAMS).add_column(column).to_owned()).await?;
        manager.create_index(index(PARENT, TEAMS, &["company_id", "parent_id", "id"])).await?;
        manager.create_index(index(FEED, TEAMS, &["updated_at", "company_id", "id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [FEED, PARENT] {
            manager.drop_index(Index::drop().name(name).table(TEAMS).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table(TEAMS).drop_column("parent_id").to_owned()).await
    }
}
