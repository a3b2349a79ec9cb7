//! Saved mappings: what the columns of files are taken for in imports, by name.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, key_text, number, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const MAPPINGS: &str = "crm_import_mappings";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(mappings(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(MAPPINGS).to_owned()).await
    }
}

fn mappings(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        // A digest of the headers, by which the mapping of a file is found.
        text("signature"),
        json("columns"),
        // The mapping, and the other options of an import.
        json("options"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(MAPPINGS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_import_mappings_company_fkey",
            (MAPPINGS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| index(name, MAPPINGS, columns);
    vec![
        index("crm_import_mappings_name_key", &["company_id", "name_key"]).unique().to_owned(),
        index("crm_import_mappings_name_idx", &["company_id", "name_key", "id"]),
        index("crm_import_mappings_created_idx", &["company_id", "created_at", "id"]),
        index("crm_import_mappings_updated_idx", &["company_id", "updated_at", "id"]),
        index("crm_import_mappings_signature_idx", &["company_id", "signature", "updated_at", "id"]),
    ]
}
