//! Quotas: what users are to sell in a month.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const QUOTAS: &str = "crm_quotas";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(quotas(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(QUOTAS).to_owned()).await
    }
}

fn quotas(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        // Whose quota it is: a kind, and the id of one of that kind.
        key_text(manager, "subject_kind"),
        uuid("subject_id"),
        // In the form 2026-11.
        key_text(manager, "month"),
        // In minor units of the currency.
        number("amount"),
        key_text(manager, "currency"),
        time("set_at"),
    ];
    columns.extend(actor("set_by"));
    table(QUOTAS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_quotas_company_fkey",
            (QUOTAS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 2] {
    [
        index("crm_quotas_subject_key", QUOTAS, &["company_id", "subject_kind", "subject_id", "month"])
            .unique()
            .to_owned(),
        index("crm_quotas_month_idx", QUOTAS, &["company_id", "month", "id"]),
    ]
}
