//! What imports have done to customers, so that they can be reverted.

use sea_orm_migration::prelude::*;

use crate::columns::{boolean, index, json, number, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const IMPORTS: &str = "crm_imports";
const PARTS: &str = "crm_import_parts";
const CHANGES: &str = "crm_import_changes";
const NOTES: &str = "crm_import_notes";
const PARTS_EXPIRY: &str = "crm_import_parts_expiry_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in added() {
            manager.alter_table(Table::alter().table(IMPORTS).add_column(column).to_owned()).await?;
        }
        // Files are deleted after a day, imports when they cannot be reverted any more.
        let expiry = optional(time("expires_at"));
        manager.alter_table(Table::alter().table(PARTS).add_column(expiry).to_owned()).await?;
        manager.create_table(changes()).await?;
        manager.create_table(notes()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [NOTES, CHANGES] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        manager.drop_index(Index::drop().name(PARTS_EXPIRY).table(PARTS).to_owned()).await?;
        manager.alter_table(Table::alter().table(PARTS).drop_column("expires_at").to_owned()).await?;
        for name in ["revertible_until", "revert_outcome"] {
            manager.alter_table(Table::alter().table(IMPORTS).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn added() -> [ColumnDef; 2] {
    [optional(time("revertible_until")), optional(json("revert_outcome"))]
}

fn changes() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("import_id"),
        uuid("customer_id"),
        boolean("is_new"),
        // The version that the import left.
        number("version"),
        time("written_at"),
        // The customer before the import; NULL where it was not there, or only got notes.
        optional(json("before_image")),
        optional(json("tag_ids")),
    ];
    table(CHANGES, &["company_id", "import_id", "customer_id"], columns)
        .foreign_key(&mut of_import("crm_import_changes_import_fkey", CHANGES))
        .foreign_key(&mut of_customer("crm_import_changes_customer_fkey", CHANGES))
        .to_owned()
}

fn notes() -> TableCreateStatement {
    let columns = vec![uuid("company_id"), uuid("import_id"), uuid("note_id"), uuid("customer_id")];
    let note = &mut reference(
        "crm_import_notes_note_fkey",
        (NOTES, &["company_id", "note_id"]),
        ("crm_customer_notes", &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    );
    table(NOTES, &["company_id", "import_id", "note_id"], columns)
        .foreign_key(&mut of_import("crm_import_notes_import_fkey", NOTES))
        .foreign_key(note)
        .to_owned()
}

fn of_import(name: &'static str, from: &'static str) -> ForeignKeyCreateStatement {
    let imports: (&str, &[&str]) = (IMPORTS, &["company_id", "id"]);
    reference(name, (from, &["company_id", "import_id"]), imports, ForeignKeyAction::Cascade)
}

fn of_customer(name: &'static str, from: &'static str) -> ForeignKeyCreateStatement {
    let customers: (&str, &[&str]) = ("crm_customers", &["company_id", "id"]);
    reference(name, (from, &["company_id", "customer_id"]), customers, ForeignKeyAction::Cascade)
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // Read for all companies, by the housekeeping.
        index(PARTS_EXPIRY, PARTS, &["expires_at"]),
        // Purging a customer or a note removes its rows.
        index("crm_import_changes_customer_idx", CHANGES, &["company_id", "customer_id"]),
        index("crm_import_notes_note_idx", NOTES, &["company_id", "note_id"]),
        index("crm_import_notes_customer_idx", NOTES, &["company_id", "import_id", "customer_id"]),
    ]
}
