//! Possible duplicates of customers: the keys by which they are found, and the pairs that a scan has found.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";
const KEYS: &str = "crm_customer_match_keys";
const PAIRS: &str = "crm_duplicates";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(keys()).await?;
        manager.create_table(pairs(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [PAIRS, KEYS] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// The keys are hashes of what is compared, so that the table has no names.
fn keys() -> TableCreateStatement {
    let columns = vec![uuid("company_id"), number("match_key"), uuid("customer_id")];
    table(KEYS, &["company_id", "match_key", "customer_id"], columns)
        .foreign_key(&mut to_customer("crm_customer_match_keys_customer_fkey", KEYS, "customer_id"))
        .to_owned()
}

fn pairs(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        // The lower id is on the left.
        uuid("left_id"),
        uuid("right_id"),
        // In thousandths.
        number("score"),
        key_text(manager, "status"),
        // Changes when something changes that is compared.
        number("fingerprint"),
        // The scan that has found it last.
        time("seen_at"),
        optional(time("dismissed_at")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(PAIRS, &["company_id", "id"], columns)
        .foreign_key(&mut to_customer("crm_duplicates_left_fkey", PAIRS, "left_id"))
        .foreign_key(&mut to_customer("crm_duplicates_right_fkey", PAIRS, "right_id"))
        .to_owned()
}

fn to_customer(name: &'static str, from: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    let columns: &'static [&'static str] = match column {
        "left_id" => &["company_id", "left_id"],
        "right_id" => &["company_id", "right_id"],
        _ => &["company_id", "customer_id"],
    };
    reference(name, (from, columns), (CUSTOMERS, &["company_id", "id"]), ForeignKeyAction::Cascade)
}

fn indexes() -> [IndexCreateStatement; 5] {
    [
        // The keys of a customer, for its changes and for the cascade.
        index("crm_customer_match_keys_customer_idx", KEYS, &["company_id", "customer_id"]),
        index("crm_duplicates_customers_key", PAIRS, &["company_id", "left_id", "right_id"]).unique().to_owned(),
        index("crm_duplicates_right_idx", PAIRS, &["company_id", "right_id"]),
        index("crm_duplicates_score_idx", PAIRS, &["company_id", "status", "score", "id"]),
        index("crm_duplicates_seen_idx", PAIRS, &["company_id", "status", "seen_at"]),
    ]
}
