//! What users are notified of.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, key_text, number, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NOTIFICATIONS: &str = "crm_notifications";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(notifications(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(NOTIFICATIONS).to_owned()).await
    }
}

/// The record has no foreign key: what is shown of it is read with the notification, and one that is gone is not shown.
fn notifications(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("user_id"),
        key_text(manager, "kind"),
        key_text(manager, "record_kind"),
        uuid("record_id"),
        // How often the same has happened since it was last read.
        number("count"),
        key_text(manager, "group_key"),
        time("created_at"),
        optional(time("read_at")),
    ];
    columns.extend(actor("actor"));
    table(NOTIFICATIONS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_notifications_user_fkey",
            (NOTIFICATIONS, &["company_id", "user_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| index(name, NOTIFICATIONS, columns);
    vec![
        index("crm_notifications_user_idx", &["company_id", "user_id", "created_at", "id"]),
        // What happens again before it is read is counted in the same row.
        index("crm_notifications_group_key", &["company_id", "user_id", "group_key"])
            .unique()
            .and_where(Expr::col("read_at").is_null())
            .to_owned(),
    ]
}
