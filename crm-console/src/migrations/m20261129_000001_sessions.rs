//! The sessions of browsers.

use migration::columns::{number, optional, table, text, time};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_console_sessions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            // The digest of the id in the cookie: who reads the table cannot use its sessions.
            text("id"),
            ColumnDef::new("sealed").blob().not_null().take(),
            number("version"),
            optional(time("refreshing_until")),
            time("created_at"),
            time("expires_at"),
        ];
        manager.create_table(table(TABLE, &["id"], columns)).await?;
        let index = Index::create().name("crm_console_sessions_expires_idx").table(TABLE).col("expires_at").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}
