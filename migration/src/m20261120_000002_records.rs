//! The records of every write (changes, audit and outbox), and idempotency keys.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 6] =
    ["crm_idempotency_keys", "crm_event_consumers", "crm_event_heads", "crm_outbox", "crm_audit", "crm_changes"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [changes(), audit(), outbox(), heads(), consumers(), idempotency()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn company(table: &'static str, name: &'static str) -> ForeignKeyCreateStatement {
    reference(name, (table, &["company_id"]), ("crm_companies", &["company_id"]), ForeignKeyAction::Cascade)
}

/// The record, the actor, the time and the request of a row.
fn about() -> Vec<ColumnDef> {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        time("occurred_at"),
        text("entity"),
        optional(uuid("entity_id")),
        text("action"),
        optional(text("request_id")),
    ];
    columns.extend(actor("actor"));
    columns
}

fn changes() -> TableCreateStatement {
    let mut columns = about();
    columns.extend([number("entity_version"), json("changes"), optional(uuid("private_to"))]);
    table("crm_changes", &["company_id", "id"], columns)
        .foreign_key(&mut company("crm_changes", "crm_changes_company_fkey"))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    let mut columns = about();
    columns.extend([text("outcome"), json("fields"), optional(uuid("private_to"))]);
    table("crm_audit", &["company_id", "id"], columns)
        .foreign_key(&mut company("crm_audit", "crm_audit_company_fkey"))
        .to_owned()
}

fn outbox() -> TableCreateStatement {
    table(
        "crm_outbox",
        &["company_id", "id"],
        vec![
            uuid("company_id"),
            uuid("id"),
            time("occurred_at"),
            text("event_type"),
            text("entity"),
            uuid("entity_id"),
            json("data"),
            optional(uuid("private_to")),
            optional(number("position")),
        ],
    )
    .foreign_key(&mut company("crm_outbox", "crm_outbox_company_fkey"))
    .to_owned()
}

/// The last position that each company's events have received.
fn heads() -> TableCreateStatement {
    table("crm_event_heads", &["company_id"], vec![uuid("company_id"), number("position")])
        .foreign_key(&mut company("crm_event_heads", "crm_event_heads_company_fkey"))
        .to_owned()
}

/// The progress of each consumer in each company's events.
fn consumers() -> TableCreateStatement {
    table(
        "crm_event_consumers",
        &["company_id", "consumer"],
        vec![uuid("company_id"), text("consumer"), number("position"), time("updated_at")],
    )
    .foreign_key(&mut company("crm_event_consumers", "crm_event_consumers_company_fkey"))
    .to_owned()
}

fn idempotency() -> TableCreateStatement {
    table(
        "crm_idempotency_keys",
        &["company_id", "user_id", "operation", "key"],
        vec![
            uuid("company_id"),
            uuid("user_id"),
            text("operation"),
            text("key"),
            text("fingerprint"),
            optional(text("answer")),
            time("created_at"),
            time("expires_at"),
        ],
    )
    .foreign_key(&mut company("crm_idempotency_keys", "crm_idempotency_keys_company_fkey"))
    .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("crm_changes_entity_idx", "crm_changes", &["company_id", "entity", "entity_id", "occurred_at", "id"]),
        index("crm_audit_time_idx", "crm_audit", &["company_id", "occurred_at", "id"]),
        index("crm_audit_entity_idx", "crm_audit", &["company_id", "entity_id", "occurred_at", "id"]),
        index("crm_outbox_position_key", "crm_outbox", &["company_id", "position"]).unique().to_owned(),
        index("crm_outbox_pending_idx", "crm_outbox", &["company_id", "occurred_at", "id"])
            .and_where(Expr::col("position").is_null())
            .to_owned(),
        index("crm_idempotency_keys_expiry_idx", "crm_idempotency_keys", &["expires_at"]),
    ]
}
