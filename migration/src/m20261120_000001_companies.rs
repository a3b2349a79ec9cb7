//! Mirrors of the companies and users that the user-management service knows.

use sea_orm_migration::prelude::*;

use crate::columns::{boolean, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(table(
                "crm_companies",
                &["company_id"],
                vec![
                    uuid("company_id"),
                    text("state"),
                    json("settings"),
                    number("version"),
                    time("created_at"),
                    time("updated_at"),
                ],
            ))
            .await?;
        manager
            .create_table(
                table(
                    "crm_users",
                    &["company_id", "id"],
                    vec![
                        uuid("company_id"),
                        uuid("id"),
                        optional(text("display_name")),
                        key_text(manager, "name_key"),
                        optional(text("email")),
                        boolean("is_active"),
                        time("created_at"),
                        time("updated_at"),
                    ],
                )
                .foreign_key(&mut reference(
                    "crm_users_company_fkey",
                    ("crm_users", &["company_id"]),
                    ("crm_companies", &["company_id"]),
                    ForeignKeyAction::Cascade,
                ))
                .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("crm_users_name_idx")
                    .table("crm_users")
                    .col("company_id")
                    .col("name_key")
                    .col("id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("crm_users").to_owned()).await?;
        manager.drop_table(Table::drop().table("crm_companies").to_owned()).await
    }
}
