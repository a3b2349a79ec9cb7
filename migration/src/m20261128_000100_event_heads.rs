//! When companies' feeds moved, for checks of all companies, and the number of a company's private events.

use sea_orm_migration::prelude::*;

use crate::columns::{number, optional, time};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_event_heads";
const INDEX: &str = "crm_event_heads_moved_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for mut column in [number("private_events").default(0).take(), optional(time("moved_at"))] {
            manager.alter_table(Table::alter().table(TABLE).add_column(&mut column).to_owned()).await?;
        }
        manager.create_index(Index::create().name(INDEX).table(TABLE).col("moved_at").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).to_owned()).await?;
        for column in ["private_events", "moved_at"] {
            manager.alter_table(Table::alter().table(TABLE).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
