//! The stored statistics of customers, and the indexes for statistics.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_customer_stats";
const INTERACTIONS: &str = "crm_customer_interactions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(stats()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        manager.get_connection().execute_unprepared(COUNT).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
            // The indexes are dropped with the table.
            if !name.starts_with(TABLE) {
                manager.drop_index(Index::drop().name(name).to_owned()).await?;
            }
        }
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}

fn stats() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("customer_id"),
        number("notes"),
        number("interactions"),
        number("completed"),
        optional(time("first_contact_at")),
        optional(time("last_contact_at")),
        optional(time("next_follow_up_at")),
    ];
    table(TABLE, &["company_id", "customer_id"], columns)
        .foreign_key(&mut reference(
            "crm_customer_stats_customer_fkey",
            (TABLE, &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let live = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        index(name, table, columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    vec![
        index("crm_customer_stats_first_contact_idx", TABLE, &["company_id", "first_contact_at", "customer_id"]),
        index("crm_customer_stats_next_follow_up_idx", TABLE, &["company_id", "next_follow_up_at", "customer_id"]),
        // The index contains the counted columns, so that no row has to be read.
        live(
            "crm_customers_stats_idx",
            "crm_customers",
            &["company_id", "created_at", "status", "kind", "owner_id", "is_archived", "id"],
        ),
        live(
            "crm_customer_interactions_stats_idx",
            INTERACTIONS,
            &["company_id", "occurred_at", "status", "type", "owner_id", "duration_seconds", "scheduled_at"],
        ),
        live(
            "crm_customer_interactions_scheduled_idx",
            INTERACTIONS,
            &["company_id", "scheduled_at", "status", "owner_id"],
        )
        .and_where(Expr::col("scheduled_at").is_not_null())
        .to_owned(),
        // The next contact of a customer: open interactions, and reminders.
        live(
            "crm_customer_interactions_customer_open_idx",
            INTERACTIONS,
            &["company_id", "customer_id", "scheduled_at"],
        )
        .and_where(Expr::col("status").is_in(["planned", "in_progress"]))
        .to_owned(),
        live(
            "crm_customer_interactions_customer_reminder_idx",
            INTERACTIONS,
            &["company_id", "customer_id", "follow_up_at"],
        )
        .and_where(Expr::col("follow_up_at").is_not_null())
        .and_where(Expr::col("follow_up_id").is_null())
        .to_owned(),
        live("crm_customer_notes_shared_idx", "crm_customer_notes", &["company_id", "created_at", "id"])
            .and_where(Expr::col("private_to").is_null())
            .to_owned(),
    ]
}

/// Computes the statistics of existing customers. The columns are explained in `crm_core::stats`.
const COUNT: &str = "
INSERT INTO crm_customer_stats
    (company_id, customer_id, notes, interactions, completed, first_contact_at, last_contact_at, next_follow_up_at)
SELECT c.company_id, c.id,
    (SELECT count(*) FROM crm_customer_notes AS n
        WHERE n.company_id = c.company_id AND n.customer_id = c.id AND n.private_to IS NULL
        AND (n.deleted_at IS NULL OR n.delete_batch_id = c.delete_batch_id)),
    (SELECT count(*) FROM crm_customer_interactions AS i
        WHERE i.company_id = c.company_id AND i.customer_id = c.id
        AND (i.deleted_at IS NULL OR i.delete_batch_id = c.delete_batch_id)),
    (SELECT count(*) FROM crm_customer_interactions AS i
        WHERE i.company_id = c.company_id AND i.customer_id = c.id
        AND (i.deleted_at IS NULL OR i.delete_batch_id = c.delete_batch_id) AND i.status = 'completed'),
    (SELECT min(i.occurred_at) FROM crm_customer_interactions AS i
        WHERE i.company_id = c.company_id AND i.customer_id = c.id
        AND (i.deleted_at IS NULL OR i.delete_batch_id = c.delete_batch_id) AND i.status = 'completed'),
    (SELECT max(i.occurred_at) FROM crm_customer_interactions AS i
        WHERE i.company_id = c.company_id AND i.customer_id = c.id
        AND (i.deleted_at IS NULL OR i.delete_batch_id = c.delete_batch_id) AND i.status = 'completed'),
    (SELECT min(due.due_at) FROM (
        SELECT i.scheduled_at AS due_at FROM crm_customer_interactions AS i
        WHERE i.company_id = c.company_id AND i.customer_id = c.id
            AND (i.deleted_at IS NULL OR i.delete_batch_id = c.delete_batch_id) AND i.status IN ('planned', 'in_progress')
        UNION ALL
        SELECT i.follow_up_at FROM crm_customer_interactions AS i
        WHERE i.company_id = c.company_id AND i.customer_id = c.id
            AND (i.deleted_at IS NULL OR i.delete_batch_id = c.delete_batch_id)
            AND i.follow_up_at IS NOT NULL AND i.follow_up_id IS NULL AND NOT EXISTS (
                SELECT 1 FROM crm_customer_interactions AS later
                WHERE later.company_id = c.company_id AND later.customer_id = c.id
                AND (later.deleted_at IS NULL OR later.delete_batch_id = c.delete_batch_id)
                AND later.status = 'completed' AND later.occurred_at >= i.follow_up_at)
        ) AS due)
FROM crm_customers AS c
WHERE EXISTS (SELECT 1 FROM crm_customer_notes AS n WHERE n.company_id = c.company_id AND n.customer_id = c.id)
    OR EXISTS (SELECT 1 FROM crm_customer_interactions AS i WHERE i.company_id = c.company_id AND i.customer_id = c.id)
";
