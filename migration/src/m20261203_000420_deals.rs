//! Deals with customers, and the stages they have passed.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, optional, reference, table, text, time, uuid};
use crate::trigrams;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const DEALS: &str = "crm_deals";
const HISTORY: &str = "crm_deal_stage_history";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(deals(manager)).await?;
        manager.create_table(history(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // For words in names.
        trigrams::index(manager, "crm_deals_words_idx", DEALS, "name_key").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [HISTORY, DEALS] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn deals(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("customer_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        uuid("pipeline_id"),
        uuid("stage_id"),
        time("stage_entered_at"),
        key_text(manager, "status"),
        optional(number("amount")),
        optional(key_text(manager, "amount_currency")),
        // -1 for deals without an amount.
        number("amount_key"),
        optional(number("probability")),
        ColumnDef::new("expected_close_date").date().null().take(),
        // 9999-12-31 for deals without a date.
        key_text(manager, "expected_close_key"),
        optional(time("closed_at")),
        optional(key_text(manager, "lost_reason")),
        optional(text("lost_notes")),
        optional(text("competitor")),
        optional(key_text(manager, "source")),
        optional(key_text(manager, "type")),
        optional(text("next_step")),
        optional(time("next_step_at")),
        optional(text("description")),
        optional(uuid("owner_id")),
        // The place on the board, among the deals of the stage.
        key_text(manager, "position"),
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(DEALS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_deals_customer_fkey",
            (DEALS, &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_deals_stage_fkey",
            (DEALS, &["company_id", "pipeline_id", "stage_id"]),
            ("crm_pipeline_stages", &["company_id", "pipeline_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .foreign_key(&mut reference(
            "crm_deals_owner_fkey",
            (DEALS, &["company_id", "owner_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .to_owned()
}

/// Stages are named here as they were called then: a stage that no deal is in can be deleted.
fn history(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("deal_id"),
        uuid("pipeline_id"),
        optional(uuid("from_stage_id")),
        optional(text("from_stage_name")),
        uuid("stage_id"),
        text("stage_name"),
        time("entered_at"),
        optional(time("left_at")),
        optional(number("seconds")),
        optional(number("amount")),
        optional(key_text(manager, "amount_currency")),
    ];
    columns.extend(actor("moved_by"));
    table(HISTORY, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_deal_stage_history_deal_fkey",
            (HISTORY, &["company_id", "deal_id"]),
            (DEALS, &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let all = |name: &'static str, columns: &[&'static str]| index(name, DEALS, columns);
    let live = |name: &'static str, columns: &[&'static str]| {
        all(name, columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    vec![
        live("crm_deals_created_idx", &["company_id", "created_at", "id"]),
        live("crm_deals_updated_idx", &["company_id", "updated_at", "id"]),
        live("crm_deals_name_idx", &["company_id", "name_key", "id"]),
        live("crm_deals_expected_close_idx", &["company_id", "expected_close_key", "id"]),
        live("crm_deals_amount_idx", &["company_id", "amount_key", "id"]),
        live("crm_deals_owner_idx", &["company_id", "owner_id", "created_at", "id"]),
        live("crm_deals_status_idx", &["company_id", "status", "created_at", "id"]),
        live("crm_deals_board_idx", &["company_id", "pipeline_id", "stage_id", "position", "id"]),
        live("crm_deals_customer_created_idx", &["company_id", "customer_id", "created_at", "id"]),
        // These include the trash: places on the board are kept for what comes back, and a purge takes all of a
        // customer.
        all("crm_deals_stage_idx", &["company_id", "stage_id", "position", "id"]),
        all("crm_deals_customer_idx", &["company_id", "customer_id", "stage_entered_at", "id"]),
        all("crm_deals_trash_idx", &["company_id", "deleted_at", "id"])
            .and_where(Expr::col("deleted_at").is_not_null())
            .to_owned(),
        index("crm_deal_stage_history_deal_idx", HISTORY, &["company_id", "deal_id", "entered_at", "id"]),
    ]
}
