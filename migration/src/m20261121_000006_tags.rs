//! Tags, and the customers that have them.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(tags(manager)).await?;
        manager.create_table(customer_tags()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["crm_customer_tags", "crm_tags"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn tags(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        text("search_text"),
        optional(text("color")),
        optional(text("description")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table("crm_tags", &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_tags_company_fkey",
            ("crm_tags", &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn customer_tags() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("customer_id"),
        uuid("tag_id"),
        time("added_at"),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("added_by"));
    table("crm_customer_tags", &["company_id", "customer_id", "tag_id"], columns)
        .foreign_key(&mut reference(
            "crm_customer_tags_customer_fkey",
            ("crm_customer_tags", &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_customer_tags_tag_fkey",
            ("crm_customer_tags", &["company_id", "tag_id"]),
            ("crm_tags", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("crm_tags_name_key", "crm_tags", &["company_id", "name_key"]).unique().to_owned(),
        index("crm_tags_created_idx", "crm_tags", &["company_id", "created_at", "id"]),
        // Includes the trash marker, so that uses are counted in the index alone.
        index(
            "crm_customer_tags_tag_idx",
            "crm_customer_tags",
            &["company_id", "tag_id", "delete_batch_id", "customer_id"],
        ),
    ]
}
