//! The items of deals: what is sold, line by line.

use sea_orm_migration::prelude::*;

use crate::columns::{boolean, key_text, number, optional, reference, table, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ITEMS: &str = "crm_deal_items";
const DEALS: &str = "crm_deals";
const FROM_ITEMS: &str = "amount_from_items";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = boolean(FROM_ITEMS).default(false).take();
        manager.alter_table(Table::alter().table(DEALS).add_column(column).to_owned()).await?;
        manager.create_table(items(manager)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ITEMS).to_owned()).await?;
        manager.alter_table(Table::alter().table(DEALS).drop_column(FROM_ITEMS).to_owned()).await
    }
}

fn items(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("deal_id"),
        // From 1.
        number("position"),
        optional(text("product_system")),
        optional(text("product_id")),
        text("name"),
        // In thousandths.
        number("quantity"),
        number("unit_price"),
        key_text(manager, "currency"),
        // In hundredths of a percent.
        number("discount"),
        optional(number("tax")),
        number("net"),
    ];
    table(ITEMS, &["company_id", "deal_id", "position"], columns)
        .foreign_key(&mut reference(
            "crm_deal_items_deal_fkey",
            (ITEMS, &["company_id", "deal_id"]),
            (DEALS, &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}
