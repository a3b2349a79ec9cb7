//! The records in stored answers: a caller who repeats a request must still see them, and purging one deletes the
//! answer.

use sea_orm_migration::prelude::*;

use crate::columns::{optional, reference, table, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const KEYS: &str = "crm_idempotency_keys";
const RECORDS: &str = "crm_idempotency_records";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The records of existing answers are unknown.
        manager.exec_stmt(Query::delete().from_table(KEYS).to_owned()).await?;
        let traced = Table::alter().table(KEYS).add_column(optional(text("traced"))).to_owned();
        manager.alter_table(traced).await?;
        manager.create_table(records()).await?;
        manager.create_index(of_key()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RECORDS).to_owned()).await?;
        manager.alter_table(Table::alter().table(KEYS).drop_column("traced").to_owned()).await
    }
}

fn records() -> TableCreateStatement {
    let columns = vec![uuid("company_id"), uuid("record_id"), uuid("user_id"), text("operation"), text("key")];
    let key = &["company_id", "user_id", "operation", "key"];
    table(RECORDS, &["company_id", "record_id", "user_id", "operation", "key"], columns)
        .foreign_key(&mut reference(
            "crm_idempotency_records_key_fkey",
            (RECORDS, key),
            (KEYS, key),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

/// For the foreign key: the rows are deleted with an expired key.
fn of_key() -> IndexCreateStatement {
    let mut index = Index::create().name("crm_idempotency_records_key_idx").table(RECORDS).to_owned();
    for column in ["company_id", "user_id", "operation", "key"] {
        index.col(column);
    }
    index
}
