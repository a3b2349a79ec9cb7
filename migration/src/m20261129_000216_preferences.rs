//! The preferences of users.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, json, number, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PREFERENCES: &str = "crm_preferences";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut columns = vec![
            uuid("company_id"),
            uuid("user_id"),
            number("version"),
            time("created_at"),
            time("updated_at"),
            json("preferences"),
        ];
        columns.extend(actor("created_by"));
        columns.extend(actor("updated_by"));
        let mut preferences = table(PREFERENCES, &["company_id", "user_id"], columns);
        preferences.foreign_key(&mut reference(
            "crm_preferences_user_fkey",
            (PREFERENCES, &["company_id", "user_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ));
        manager.create_table(preferences).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(PREFERENCES).to_owned()).await
    }
}
