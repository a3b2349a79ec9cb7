//! Customers who must not be erased. On SQLite, what is deleted is removed from the index of words at once.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::columns::{actor, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const HOLDS: &str = "crm_legal_holds";

/// Without it the index keeps the words of a deleted text until its parts are merged by chance.
const DELETE_AT_ONCE: &str = "INSERT INTO crm_customer_search (crm_customer_search, rank) VALUES ('secure-delete', 1)";
const DELETE_LATER: &str = "INSERT INTO crm_customer_search (crm_customer_search, rank) VALUES ('secure-delete', 0)";
/// Merges the parts, and so removes what was deleted before.
const MERGE: &str = "INSERT INTO crm_customer_search (crm_customer_search) VALUES ('optimize')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(holds()).await?;
        on_sqlite(manager, &[DELETE_AT_ONCE, MERGE]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_sqlite(manager, &[DELETE_LATER]).await?;
        manager.drop_table(Table::drop().table(HOLDS).to_owned()).await
    }
}

async fn on_sqlite(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
    }
    Ok(())
}

/// Without a reference to customers: a hold outlives the row of a customer who was merged into another one.
fn holds() -> TableCreateStatement {
    let mut columns = vec![uuid("company_id"), uuid("customer_id"), text("reason"), time("held_at")];
    columns.extend(actor("held_by"));
    table(HOLDS, &["company_id", "customer_id"], columns)
        .foreign_key(&mut reference(
            "crm_legal_holds_company_fkey",
            (HOLDS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}
