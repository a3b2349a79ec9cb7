//! Leads: the mark of their rows among the customers, and what only a lead has.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::columns::{actor, boolean, index, key_text, number, optional, reference, table, text, time, uuid};
use crate::trigrams;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";
const LEADS: &str = "crm_leads";
/// The row is a lead, and in no list of customers: its `deleted_at` is set.
const IS_LEAD: &str = "is_lead";

const TRASH: &str = "crm_customers_trash_idx";
/// The same without leads, of which there may be many more than what is in the trash.
const TRASHED: &str = "crm_customers_trashed_idx";
const SEARCH: &str = "crm_customers_lead_search_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = boolean(IS_LEAD).default(false).take();
        manager.alter_table(Table::alter().table(CUSTOMERS).add_column(column).to_owned()).await?;
        manager.drop_index(Index::drop().name(TRASH).to_owned()).await?;
        manager.create_index(trash(TRASHED).and_where(Expr::col(IS_LEAD).not()).to_owned()).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let db = manager.get_connection();
            db.execute_unprepared(&search(&trigrams::schema(db).await?)).await?;
        }
        manager.create_table(leads(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Leads go: without the mark they would be customers in the trash.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(LEADS).to_owned()).await?;
        manager.get_connection().execute_unprepared("DELETE FROM crm_customers WHERE is_lead").await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.drop_index(Index::drop().name(SEARCH).to_owned()).await?;
        }
        manager.drop_index(Index::drop().name(TRASHED).to_owned()).await?;
        manager.create_index(trash(TRASH)).await?;
        manager.alter_table(Table::alter().table(CUSTOMERS).drop_column(IS_LEAD).to_owned()).await
    }
}

fn trash(name: &'static str) -> IndexCreateStatement {
    index(name, CUSTOMERS, &["company_id", "deleted_at", "id"])
        .and_where(Expr::col("deleted_at").is_not_null())
        .to_owned()
}

/// The same index that customers have: the two never have a row in common.
fn search(trigrams: &str) -> String {
    format!(
        "CREATE INDEX {SEARCH} ON crm_customers \
         USING gin (company_id, search_text {trigrams}.gin_trgm_ops) WHERE is_lead"
    )
}

fn columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        // Copies of the customer's row, for lists.
        key_text(manager, "name_key"),
        optional(uuid("owner_id")),
        boolean("is_archived"),
        key_text(manager, "status"),
        key_text(manager, "status_type"),
        time("status_changed_at"),
        optional(text("status_reason")),
        optional(text("source_detail")),
        optional(text("utm_source")),
        optional(text("utm_medium")),
        optional(key_text(manager, "utm_campaign")),
        optional(text("utm_term")),
        optional(text("utm_content")),
        optional(text("referred_by")),
        optional(key_text(manager, "rating")),
        optional(number("priority")),
        // In minor units of the currency.
        optional(number("estimated_value")),
        optional(key_text(manager, "estimated_value_currency")),
        ColumnDef::new("expected_close_date").date().null().take(),
        optional(key_text(manager, "lost_reason")),
        optional(text("lost_notes")),
        boolean("do_not_call"),
        boolean("do_not_email"),
        optional(time("assigned_at")),
        optional(time("converted_at")),
        optional(uuid("converted_customer_id")),
        optional(uuid("converted_organization_id")),
        optional(uuid("converted_deal_id")),
        // The merge into a customer who was there.
        optional(uuid("customer_merge_id")),
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("converted_by").map(optional));
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    columns
}

fn leads(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(LEADS, &["company_id", "id"], columns(manager))
        .foreign_key(&mut reference(
            "crm_leads_customer_fkey",
            (LEADS, &["company_id", "id"]),
            (CUSTOMERS, &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_leads_owner_fkey",
            (LEADS, &["company_id", "owner_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .foreign_key(&mut reference(
            "crm_leads_status_fkey",
            (LEADS, &["company_id", "status"]),
            ("crm_lead_statuses", &["company_id", "code"]),
            ForeignKeyAction::NoAction,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let all = |name: &'static str, columns: &[&'static str]| index(name, LEADS, columns);
    let live = |name: &'static str, columns: &[&'static str]| {
        all(name, columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    vec![
        live("crm_leads_created_idx", &["company_id", "created_at", "id"]),
        live("crm_leads_updated_idx", &["company_id", "updated_at", "id"]),
        live("crm_leads_name_idx", &["company_id", "name_key", "id"]),
        live("crm_leads_status_changed_idx", &["company_id", "status_changed_at", "id"]),
        live("crm_leads_owner_idx", &["company_id", "owner_id", "created_at", "id"]),
        live("crm_leads_converted_idx", &["company_id", "converted_at", "id"])
            .and_where(Expr::col("converted_at").is_not_null())
            .to_owned(),
        // Includes the trash: a status in use is not deleted.
        all("crm_leads_status_idx", &["company_id", "status", "created_at", "id"]),
        all("crm_leads_trash_idx", &["company_id", "deleted_at", "id"])
            .and_where(Expr::col("deleted_at").is_not_null())
            .to_owned(),
    ]
}
