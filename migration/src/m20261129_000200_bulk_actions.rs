//! Changes of many customers at once, and what is needed to undo them.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ACTIONS: &str = "crm_bulk_actions";
const CHANGES: &str = "crm_bulk_changes";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(actions()).await?;
        manager.create_table(changes()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [CHANGES, ACTIONS] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn actions() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        json("action"),
        json("outcome"),
        time("undoable_until"),
        time("expires_at"),
        optional(time("undone_at")),
        optional(json("undo_outcome")),
    ];
    columns.extend(actor("created_by"));
    let companies: (&str, &[&str]) = ("crm_companies", &["company_id"]);
    let company =
        reference("crm_bulk_actions_company_fkey", (ACTIONS, &["company_id"]), companies, ForeignKeyAction::Cascade);
    table(ACTIONS, &["company_id", "id"], columns).foreign_key(&mut company.to_owned()).to_owned()
}

fn changes() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("bulk_action_id"),
        uuid("customer_id"),
        // The version that the action left; NULL while the customer waits for its turn.
        optional(number("version")),
        optional(uuid("owner_id")),
        optional(text("status")),
        optional(json("tag_ids")),
    ];
    let action = reference(
        "crm_bulk_changes_action_fkey",
        (CHANGES, &["company_id", "bulk_action_id"]),
        (ACTIONS, &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    );
    let customer = reference(
        "crm_bulk_changes_customer_fkey",
        (CHANGES, &["company_id", "customer_id"]),
        ("crm_customers", &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    );
    table(CHANGES, &["company_id", "bulk_action_id", "customer_id"], columns)
        .foreign_key(&mut action.to_owned())
        .foreign_key(&mut customer.to_owned())
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // Read for all companies, by the housekeeping.
        index("crm_bulk_actions_expiry_idx", ACTIONS, &["expires_at"]),
        // Purging a customer removes its rows.
        index("crm_bulk_changes_customer_idx", CHANGES, &["company_id", "customer_id"]),
        index("crm_bulk_changes_waiting_idx", CHANGES, &["company_id", "bulk_action_id", "customer_id"])
            .and_where(Expr::col("version").is_null())
            .to_owned(),
    ]
}
