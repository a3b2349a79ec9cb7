//! Indexes for statistics of sales. They have all columns that are summed up, so that the rows need not be read.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn indexes() -> [IndexCreateStatement; 3] {
    const OPEN: &[&str] = &[
        "company_id",
        "expected_close_key",
        "pipeline_id",
        "stage_id",
        "owner_id",
        "status",
        "probability",
        "amount_currency",
        "amount",
        "base_currency",
        "base_amount",
    ];
    const CLOSED: &[&str] = &[
        "company_id",
        "closed_at",
        "status",
        "pipeline_id",
        "stage_id",
        "owner_id",
        "probability",
        "amount_currency",
        "amount",
        "base_currency",
        "base_amount",
    ];
    [
        index("crm_deals_open_idx", "crm_deals", OPEN)
            .and_where(Expr::cust("status = 'open' AND deleted_at IS NULL"))
            .to_owned(),
        index("crm_deals_closed_idx", "crm_deals", CLOSED)
            .and_where(Expr::cust("closed_at IS NOT NULL AND deleted_at IS NULL"))
            .to_owned(),
        index("crm_tasks_completed_idx", "crm_tasks", &["company_id", "completed_at", "assignee_id", "due_key"])
            .and_where(Expr::cust("completed_at IS NOT NULL AND deleted_at IS NULL"))
            .to_owned(),
    ]
}
