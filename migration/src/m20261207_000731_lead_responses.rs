//! By when leads are to be answered, and when they were.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, optional, text, time};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LEADS: &str = "crm_leads";
const ORDER: &str = "crm_leads_respond_idx";
const DUE: &str = "crm_leads_response_due_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table(LEADS).add_column(column).to_owned()).await?;
        }
        let order = index(ORDER, LEADS, &["company_id", "respond_key", "id"])
            .and_where(Expr::col("deleted_at").is_null())
            .to_owned();
        manager.create_index(order).await?;
        let due = index(DUE, LEADS, &["response_due_at", "company_id"])
            .and_where(Expr::col("response_due_at").is_not_null())
            .to_owned();
        manager.create_index(due).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [DUE, ORDER] {
            manager.drop_index(Index::drop().name(name).table(LEADS).to_owned()).await?;
        }
        for name in ["response_due_at", "response_state", "first_responded_at", "respond_key", "respond_by"] {
            manager.alter_table(Table::alter().table(LEADS).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn columns() -> [ColumnDef; 5] {
    [
        optional(time("respond_by")),
        // The same in microseconds for the order; those of which no response is due come after all others.
        number("respond_key").default(i64::MAX).take(),
        optional(time("first_responded_at")),
        optional(text("response_state")),
        // When it is told that there was none; NULL once that is told, or there is one.
        optional(time("response_due_at")),
    ]
}
