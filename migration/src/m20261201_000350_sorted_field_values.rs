//! The order of lists by custom fields: a text without case and accents, and indexes that continue with the id. The rows
//! that are there get their texts when the customers are written, or by `crm-http reindex`.

use sea_orm_migration::prelude::*;

use crate::columns::{index, key_text, optional};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const VALUES: &str = "crm_customer_field_values";
const NUMBERS: &str = "crm_customer_field_values_number_idx";
const SORTED_TEXTS: &str = "crm_customer_field_values_sort_idx";
const SORTED_NUMBERS: &str = "crm_customer_field_values_number_sort_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = optional(key_text(manager, "sort_key"));
        manager.alter_table(Table::alter().table(VALUES).add_column(key).to_owned()).await?;
        let columns = |value: &'static str| ["company_id", "field_key", value, "customer_id"];
        manager.create_index(index(SORTED_TEXTS, VALUES, &columns("sort_key"))).await?;
        manager.create_index(index(SORTED_NUMBERS, VALUES, &columns("number_value"))).await?;
        manager.drop_index(Index::drop().name(NUMBERS).table(VALUES).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["company_id", "field_key", "number_value"];
        manager.create_index(index(NUMBERS, VALUES, &columns)).await?;
        for name in [SORTED_NUMBERS, SORTED_TEXTS] {
            manager.drop_index(Index::drop().name(name).table(VALUES).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table(VALUES).drop_column("sort_key").to_owned()).await
    }
}
