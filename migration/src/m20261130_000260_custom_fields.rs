//! Definitions of custom fields.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FIELDS: &str = "crm_custom_fields";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(fields(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(FIELDS).to_owned()).await
    }
}

fn fields(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let bound = |name: &'static str| ColumnDef::new(name).double().null().take();
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("entity"),
        key_text(manager, "key"),
        text("label"),
        optional(text("description")),
        text("field_type"),
        json("options"),
        boolean("is_required"),
        optional(json("default_value")),
        bound("minimum"),
        bound("maximum"),
        optional(text("pattern")),
        boolean("is_searchable"),
        boolean("is_personal_data"),
        number("position"),
        optional(text("group_name")),
        boolean("is_archived"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(FIELDS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_custom_fields_company_fkey",
            (FIELDS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| index(name, FIELDS, columns);
    vec![
        // Also of archived definitions: their values are still there.
        index("crm_custom_fields_key", &["company_id", "entity", "key"]).unique().to_owned(),
        index("crm_custom_fields_position_idx", &["company_id", "position", "id"]),
        index("crm_custom_fields_sorted_key_idx", &["company_id", "key", "id"]),
        index("crm_custom_fields_created_idx", &["company_id", "created_at", "id"]),
    ]
}
