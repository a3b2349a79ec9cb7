//! Until when a sign-up has to be confirmed.

use migration::columns::{optional, time};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEX: &str = "um_companies_confirm_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = optional(time("confirm_until"));
        manager.alter_table(Table::alter().table("um_companies").add_column(column).to_owned()).await?;
        // Few sign-ups are not confirmed, and nothing else is looked for.
        let index = Index::create()
            .name(INDEX)
            .table("um_companies")
            .col("confirm_until")
            .and_where(Expr::col("confirm_until").is_not_null())
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table("um_companies").to_owned()).await?;
        manager.alter_table(Table::alter().table("um_companies").drop_column("confirm_until").to_owned()).await
    }
}
