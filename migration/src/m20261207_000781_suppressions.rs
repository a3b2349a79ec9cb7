//! The do-not-contact list.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SUPPRESSIONS: &str = "crm_suppressions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(suppressions(manager)).await?;
        // An address has an `@`, a number a `+`, and a domain neither, so that the value alone tells them apart.
        let values = index("crm_suppressions_value_key", SUPPRESSIONS, &["company_id", "value"]).unique().to_owned();
        manager.create_index(values).await?;
        manager
            .create_index(index("crm_suppressions_created_idx", SUPPRESSIONS, &["company_id", "created_at", "id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(SUPPRESSIONS).to_owned()).await
    }
}

fn suppressions(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "kind"),
        key_text(manager, "value"),
        key_text(manager, "reason"),
        key_text(manager, "source"),
        optional(text("note")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(SUPPRESSIONS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_suppressions_company_fkey",
            (SUPPRESSIONS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}
