//! The origin of a change, so that timelines can distinguish imports from changes by users.

use sea_orm_migration::prelude::*;

use crate::columns::{optional, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let origin = &mut optional(text("origin"));
        manager.alter_table(Table::alter().table("crm_changes").add_column(origin).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("crm_changes").drop_column("origin").to_owned()).await
    }
}
