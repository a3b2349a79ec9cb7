//! Files that are waiting to be imported, or are being imported.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, json, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const IMPORTS: &str = "crm_imports";
const PARTS: &str = "crm_import_parts";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(imports()).await?;
        manager.create_table(parts()).await?;
        let creators = Index::create()
            .name("crm_imports_creator_idx")
            .table(IMPORTS)
            .col("company_id")
            .col("created_by_id")
            .col("created_at")
            .col("id")
            .to_owned();
        manager.create_index(creators).await?;
        let expiry = Index::create().name("crm_imports_expiry_idx").table(IMPORTS).col("expires_at").to_owned();
        manager.create_index(expiry).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [PARTS, IMPORTS] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn imports() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        time("created_at"),
        time("expires_at"),
        text("name"),
        number("size"),
        number("row_count"),
        optional(json("options")),
        optional(uuid("job_id")),
        // The last row that was written. An import that is interrupted goes on after it.
        number("last_row"),
        optional(json("report")),
    ];
    columns.extend(actor("created_by"));
    let companies: (&str, &[&str]) = ("crm_companies", &["company_id"]);
    let key =
        &mut reference("crm_imports_company_fkey", (IMPORTS, &["company_id"]), companies, ForeignKeyAction::Cascade);
    table(IMPORTS, &["company_id", "id"], columns).foreign_key(key).to_owned()
}

fn parts() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("import_id"),
        // `file`, or `failed`: the rows that were not imported.
        text("kind"),
        number("number"),
        ColumnDef::new("content").blob().not_null().take(),
    ];
    let key = &mut reference(
        "crm_import_parts_import_fkey",
        (PARTS, &["company_id", "import_id"]),
        (IMPORTS, &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    );
    table(PARTS, &["company_id", "import_id", "kind", "number"], columns).foreign_key(key).to_owned()
}
