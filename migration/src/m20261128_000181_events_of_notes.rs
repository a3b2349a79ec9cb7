//! An index of events by note: when a note becomes private, its events become private.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("crm_outbox_notes_idx")
            .table("crm_outbox")
            .col("company_id")
            .col("entity_id")
            .and_where(Expr::col("entity").eq("note"))
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("crm_outbox_notes_idx").table("crm_outbox").to_owned()).await
    }
}
