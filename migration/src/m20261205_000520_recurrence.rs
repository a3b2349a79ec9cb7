//! Tasks that recur.

use sea_orm_migration::prelude::*;

use crate::columns::{optional, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TASKS: &str = "crm_tasks";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table(TASKS).add_column(optional(column)).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["recurs_from", "next_task_id", "series_id", "recurrence"] {
            manager.alter_table(Table::alter().table(TASKS).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn columns() -> [ColumnDef; 4] {
    [
        text("recurrence"),
        // The first task of the series.
        uuid("series_id"),
        // The task that was made when this one was completed. It may be gone.
        uuid("next_task_id"),
        // The moment by the company's clocks from which the rule goes on, as if they showed UTC.
        time("recurs_from"),
    ]
}
