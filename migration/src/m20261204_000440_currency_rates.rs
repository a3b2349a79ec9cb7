//! Currency rates by day, and what deals are worth in the base currency since they were closed.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RATES: &str = "crm_currency_rates";
const DEALS: &str = "crm_deals";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(rates(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        for column in of_deals(manager) {
            manager.alter_table(Table::alter().table(DEALS).add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["rate_source", "rate_date", "rate", "base_currency", "base_amount"] {
            manager.alter_table(Table::alter().table(DEALS).drop_column(column).to_owned()).await?;
        }
        manager.drop_table(Table::drop().table(RATES).to_owned()).await
    }
}

fn rates(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        key_text(manager, "base_currency"),
        key_text(manager, "currency"),
        // In the form 2026-11-30, because lists go on after it.
        key_text(manager, "day"),
        // What one unit of the currency is worth in the base currency, in units of 10⁻¹².
        number("rate"),
        optional(text("source")),
        // Whether no later day has a rate of these currencies.
        boolean("is_current"),
        time("set_at"),
    ];
    columns.extend(actor("set_by"));
    table(RATES, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_currency_rates_company_fkey",
            (RATES, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let of_rates = |name: &'static str, columns: &[&'static str]| index(name, RATES, columns);
    vec![
        of_rates("crm_currency_rates_day_key", &["company_id", "base_currency", "currency", "day"]).unique().to_owned(),
        of_rates("crm_currency_rates_day_idx", &["company_id", "base_currency", "day", "id"]),
        of_rates("crm_currency_rates_current_idx", &["company_id", "base_currency", "currency"])
            .and_where(Expr::cust("is_current"))
            .to_owned(),
    ]
}

/// What a deal was worth when it was closed; all are NULL while it is open.
fn of_deals(manager: &SchemaManager<'_>) -> [ColumnDef; 5] {
    [
        optional(number("base_amount")),
        optional(key_text(manager, "base_currency")),
        optional(number("rate")),
        ColumnDef::new("rate_date").date().null().take(),
        optional(text("rate_source")),
    ]
}
