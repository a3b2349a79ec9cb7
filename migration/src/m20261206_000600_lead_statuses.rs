//! The statuses of a company's leads.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_lead_statuses";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(statuses(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}

fn statuses(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "code"),
        text("name"),
        key_text(manager, "name_key"),
        optional(text("description")),
        text("type"),
        // What no two statuses of a company have; NULL for those in which new leads do not begin.
        optional(key_text(manager, "default_key")),
        boolean("requires_reason"),
        number("position"),
        optional(text("color")),
        boolean("is_archived"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(TABLE, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_lead_statuses_company_fkey",
            (TABLE, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 6] {
    let index = |name: &'static str, columns: &[&'static str]| index(name, TABLE, columns);
    [
        index("crm_lead_statuses_name_key", &["company_id", "name_key"]).unique().to_owned(),
        // What leads refer to: a code never changes.
        index("crm_lead_statuses_code_key", &["company_id", "code"]).unique().to_owned(),
        index("crm_lead_statuses_default_key", &["company_id", "default_key"]).unique().to_owned(),
        index("crm_lead_statuses_position_idx", &["company_id", "position", "id"]),
        index("crm_lead_statuses_name_idx", &["company_id", "name_key", "id"]),
        index("crm_lead_statuses_created_idx", &["company_id", "created_at", "id"]),
    ]
}
