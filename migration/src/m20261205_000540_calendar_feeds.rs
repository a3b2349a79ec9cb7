//! The secret addresses of users' calendars.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, number, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FEEDS: &str = "crm_calendar_feeds";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(feeds()).await?;
        let by_secret = index("crm_calendar_feeds_digest_key", FEEDS, &["company_id", "digest"]).unique().to_owned();
        manager.create_index(by_secret).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(FEEDS).to_owned()).await
    }
}

fn feeds() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("user_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        // Of the secret, which is stored nowhere.
        text("digest"),
        // What the user could read when the address was made.
        json("rights"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(FEEDS, &["company_id", "user_id"], columns)
        .foreign_key(&mut reference(
            "crm_calendar_feeds_user_fkey",
            (FEEDS, &["company_id", "user_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}
