//! Notes on customers.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(notes(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("crm_customer_notes").to_owned()).await
    }
}

fn notes(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("customer_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "type"),
        optional(text("title")),
        text("body"),
        boolean("is_pinned"),
        optional(time("edited_at")),
        optional(uuid("private_to")),
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table("crm_customer_notes", &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_customer_notes_customer_fkey",
            ("crm_customer_notes", &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, key: &'static str| {
        Index::create()
            .name(name)
            .table("crm_customer_notes")
            .col("company_id")
            .col("customer_id")
            .col(key)
            .col("id")
            .to_owned()
    };
    vec![index("crm_customer_notes_created_idx", "created_at"), index("crm_customer_notes_updated_idx", "updated_at")]
}
