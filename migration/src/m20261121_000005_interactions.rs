//! Interactions with customers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{actor, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_customer_interactions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(interactions(manager)).await?;
        for index in indexes(manager) {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}

fn interactions(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("customer_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "type"),
        optional(key_text(manager, "direction")),
        optional(text("subject")),
        optional(text("content")),
        key_text(manager, "status"),
        optional(key_text(manager, "outcome")),
        optional(time("scheduled_at")),
        optional(time("started_at")),
        optional(time("completed_at")),
        time("occurred_at"),
        optional(number("duration_seconds")),
        optional(text("location")),
        optional(text("meeting_url")),
        optional(uuid("owner_id")),
        json("participants"),
        optional(time("follow_up_at")),
        optional(uuid("follow_up_id")),
        optional(text("completion_digest")),
        json("metadata"),
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(TABLE, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_customer_interactions_customer_fkey",
            (TABLE, &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_customer_interactions_owner_fkey",
            (TABLE, &["company_id", "owner_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .foreign_key(&mut reference(
            "crm_customer_interactions_follow_up_fkey",
            (TABLE, &["company_id", "follow_up_id"]),
            (TABLE, &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .to_owned()
}

fn indexes(manager: &SchemaManager<'_>) -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| index(name, TABLE, columns);
    let live = |name: &'static str, columns: &[&'static str]| {
        index(name, columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    let open = |name: &'static str, columns: &[&'static str]| {
        let mut open = live(name, columns);
        // Finds overdue interactions without reading the row. SQLite would otherwise choose a wider index.
        if manager.get_database_backend() == DbBackend::Postgres {
            open.col("scheduled_at");
        }
        open.and_where(Expr::col("status").is_in(["planned", "in_progress"])).to_owned()
    };
    vec![
        live("crm_customer_interactions_occurred_idx", &["company_id", "occurred_at", "id"]),
        live("crm_customer_interactions_created_idx", &["company_id", "created_at", "id"]),
        live("crm_customer_interactions_updated_idx", &["company_id", "updated_at", "id"]),
        live("crm_customer_interactions_owner_idx", &["company_id", "owner_id", "occurred_at", "id"]),
        live("crm_customer_interactions_status_idx", &["company_id", "status", "occurred_at", "id"]),
        // Includes the trash: it is listed by customer, and purged with the customer.
        index("crm_customer_interactions_customer_idx", &["company_id", "customer_id", "occurred_at", "id"]),
        live("crm_customer_interactions_customer_created_idx", &["company_id", "customer_id", "created_at", "id"]),
        live("crm_customer_interactions_customer_updated_idx", &["company_id", "customer_id", "updated_at", "id"]),
        live("crm_customer_interactions_follow_up_at_idx", &["company_id", "follow_up_at"])
            .and_where(Expr::col("follow_up_at").is_not_null())
            .to_owned(),
        // For the follow-ups of a purged interaction.
        index("crm_customer_interactions_follow_up_id_idx", &["company_id", "follow_up_id"])
            .and_where(Expr::col("follow_up_id").is_not_null())
            .to_owned(),
        // Open interactions, of all owners and of each: few compared with closed ones. Of two suitable indexes SQLite
        // takes the last.
        open("crm_customer_interactions_open_idx", &["company_id", "occurred_at", "id"]),
        open("crm_customer_interactions_owner_open_idx", &["company_id", "owner_id", "occurred_at", "id"]),
    ]
}
