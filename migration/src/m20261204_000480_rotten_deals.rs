//! After how many days in a stage of a pipeline a deal has been there too long, and when that was told.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, optional, time};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PIPELINES: &str = "crm_pipelines";
const DEALS: &str = "crm_deals";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let days = optional(number("rotten_days"));
        manager.alter_table(Table::alter().table(PIPELINES).add_column(days).to_owned()).await?;
        // NULL until it is told; a deal that enters another stage has it no more.
        let told = optional(time("rotten_at"));
        manager.alter_table(Table::alter().table(DEALS).add_column(told).to_owned()).await?;
        manager.create_index(untold()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("crm_deals_untold_idx").table(DEALS).to_owned()).await?;
        manager.alter_table(Table::alter().table(DEALS).drop_column("rotten_at").to_owned()).await?;
        manager.alter_table(Table::alter().table(PIPELINES).drop_column("rotten_days").to_owned()).await
    }
}

/// The deals that can be told of.
fn untold() -> IndexCreateStatement {
    index("crm_deals_untold_idx", DEALS, &["company_id", "id"])
        .and_where(Expr::cust("status = 'open' AND deleted_at IS NULL AND rotten_at IS NULL"))
        .to_owned()
}
