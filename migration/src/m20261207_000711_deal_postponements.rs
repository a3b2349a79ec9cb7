//! How often, and how far, the expected days of deals were moved back.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, number, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTPONEMENTS: &str = "crm_deal_postponements";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(postponements()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(POSTPONEMENTS).to_owned()).await
    }
}

fn postponements() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("deal_id"),
        time("postponed_at"),
        ColumnDef::new("from_day").date().not_null().take(),
        ColumnDef::new("to_day").date().not_null().take(),
        number("days"),
    ];
    columns.extend(actor("postponed_by"));
    table(POSTPONEMENTS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_deal_postponements_deal_fkey",
            (POSTPONEMENTS, &["company_id", "deal_id"]),
            ("crm_deals", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 2] {
    [
        index("crm_deal_postponements_time_idx", POSTPONEMENTS, &["company_id", "postponed_at", "deal_id", "days"]),
        // For the deals of a purged customer.
        index("crm_deal_postponements_deal_idx", POSTPONEMENTS, &["company_id", "deal_id"]),
    ]
}
