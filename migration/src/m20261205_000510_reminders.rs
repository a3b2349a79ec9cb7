//! Reminders of tasks, and when notifications and digests are sent by mail.

use sea_orm_migration::prelude::*;

use crate::columns::{index, json, key_text, number, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TASKS: &str = "crm_tasks";
const REMINDERS: &str = "crm_task_reminders";
const NOTIFICATIONS: &str = "crm_notifications";
const PREFERENCES: &str = "crm_preferences";
const MAIL: &str = "crm_notifications_mail_idx";
const DIGEST: &str = "crm_preferences_digest_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            (TASKS, optional(json("reminders"))),
            // When it is to be sent by mail, if it is unread then.
            (NOTIFICATIONS, optional(time("mail_at"))),
            // NULL for users who want none.
            (PREFERENCES, optional(time("digest_at"))),
        ];
        for (table, column) in columns {
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        manager.create_table(reminders(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(REMINDERS).to_owned()).await?;
        for (name, table, column) in [(DIGEST, PREFERENCES, "digest_at"), (MAIL, NOTIFICATIONS, "mail_at")] {
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table(TASKS).drop_column("reminders").to_owned()).await
    }
}

fn reminders(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("task_id"),
        // 0 says that the task is due, the others are its reminders in their order.
        number("number"),
        key_text(manager, "channel"),
        // NULL when it has been sent, or is not to be.
        optional(time("remind_at")),
    ];
    table(REMINDERS, &["company_id", "task_id", "number"], columns)
        .foreign_key(&mut reference(
            "crm_task_reminders_task_fkey",
            (REMINDERS, &["company_id", "task_id"]),
            (TASKS, &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

/// Workers find the companies in which something is due, without a look at the others.
fn indexes() -> Vec<IndexCreateStatement> {
    [
        ("crm_task_reminders_due_idx", REMINDERS, "remind_at"),
        (MAIL, NOTIFICATIONS, "mail_at"),
        (DIGEST, PREFERENCES, "digest_at"),
    ]
    .map(|(name, table, at)| index(name, table, &[at, "company_id"]).and_where(Expr::col(at).is_not_null()).to_owned())
    .into()
}
