//! Tasks, for customers or not.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, key_text, number, optional, reference, table, text, time, uuid};
use crate::trigrams;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_tasks";

/// The statuses of tasks that are still to be done.
const OPEN: [&str; 4] = ["not_started", "in_progress", "waiting", "deferred"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(tasks(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // For words in titles.
        trigrams::index(manager, "crm_tasks_title_idx", TABLE, "title_key").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}

fn columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("title"),
        key_text(manager, "title_key"),
        optional(text("description")),
        key_text(manager, "type"),
        key_text(manager, "status"),
        key_text(manager, "priority"),
        // The rank of the priority, by which lists are sorted.
        number("priority_key"),
        optional(time("due_at")),
        ColumnDef::new("due_date").date().null().take(),
        // The moment at which the task is due, by which lists are sorted; the end of 9999 if it never is.
        time("due_key"),
        optional(time("start_at")),
        optional(time("completed_at")),
        optional(text("result")),
        optional(text("completion_digest")),
        optional(uuid("assignee_id")),
        optional(uuid("customer_id")),
        optional(uuid("interaction_id")),
        json("checklist"),
        key_text(manager, "origin"),
        optional(time("deleted_at")),
        optional(uuid("delete_batch_id")),
    ];
    columns.extend(actor("completed_by").map(optional));
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    columns
}

fn tasks(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table(TABLE, &["company_id", "id"], columns(manager))
        .foreign_key(&mut reference(
            "crm_tasks_company_fkey",
            (TABLE, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_tasks_customer_fkey",
            (TABLE, &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_tasks_assignee_fkey",
            (TABLE, &["company_id", "assignee_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .foreign_key(&mut reference(
            "crm_tasks_interaction_fkey",
            (TABLE, &["company_id", "interaction_id"]),
            ("crm_customer_interactions", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| index(name, TABLE, columns);
    let live = |name: &'static str, columns: &[&'static str]| {
        index(name, columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    let open = |name: &'static str, columns: &[&'static str]| {
        live(name, columns).and_where(Expr::col("status").is_in(OPEN)).to_owned()
    };
    vec![
        live("crm_tasks_due_idx", &["company_id", "due_key", "id"]),
        live("crm_tasks_priority_idx", &["company_id", "priority_key", "id"]),
        live("crm_tasks_created_idx", &["company_id", "created_at", "id"]),
        live("crm_tasks_updated_idx", &["company_id", "updated_at", "id"]),
        live("crm_tasks_assignee_idx", &["company_id", "assignee_id", "due_key", "id"]),
        live("crm_tasks_status_idx", &["company_id", "status", "due_key", "id"]),
        live("crm_tasks_customer_due_idx", &["company_id", "customer_id", "due_key", "id"]),
        // Includes the trash: it is purged with the customer.
        index("crm_tasks_customer_idx", &["company_id", "customer_id", "created_at", "id"]),
        // For the tasks of a purged interaction.
        index("crm_tasks_interaction_idx", &["company_id", "interaction_id"])
            .and_where(Expr::col("interaction_id").is_not_null())
            .to_owned(),
        index("crm_tasks_trash_idx", &["company_id", "deleted_at", "id"])
            .and_where(Expr::col("deleted_at").is_not_null())
            .to_owned(),
        // What is overdue and the agenda, of all assignees and of each: few compared with closed tasks.
        open("crm_tasks_open_idx", &["company_id", "due_key", "id"]),
        open("crm_tasks_assignee_open_idx", &["company_id", "assignee_id", "due_key", "id"]),
    ]
}
