//! The ledger of consents.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CONSENTS: &str = "crm_consents";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(consents(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(CONSENTS).to_owned()).await
    }
}

fn consents(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("customer_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "purpose"),
        key_text(manager, "channel"),
        key_text(manager, "state"),
        key_text(manager, "lawful_basis"),
        optional(key_text(manager, "source")),
        optional(text("text_version")),
        optional(text("proof")),
        time("obtained_at"),
        optional(time("expires_at")),
        // Set with the customer's: an entry is neither changed nor deleted.
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(CONSENTS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_consents_customer_fkey",
            (CONSENTS, &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let of_customer = |name: &'static str, columns: &[&'static str]| {
        let columns = [&["company_id", "customer_id"], columns].concat();
        index(name, CONSENTS, &columns)
    };
    vec![
        of_customer("crm_consents_obtained_idx", &["obtained_at", "id"]),
        // Finds the latest entry of a purpose on a channel.
        of_customer("crm_consents_latest_idx", &["purpose", "channel", "obtained_at", "id"]),
    ]
}
