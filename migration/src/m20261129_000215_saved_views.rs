//! Saved views: what lists show, by name.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const VIEWS: &str = "crm_saved_views";
const EVENTS: (&str, &str) = ("crm_outbox_saved_views_idx", "crm_outbox");

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(views(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(EVENTS.0).table(EVENTS.1).to_owned()).await?;
        manager.drop_table(Table::drop().table(VIEWS).to_owned()).await
    }
}

fn views(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("entity"),
        optional(uuid("owner_id")),
        optional(uuid("private_to")),
        text("name"),
        key_text(manager, "name_key"),
        optional(text("description")),
        json("query"),
        optional(text("sort")),
        json("columns"),
        number("position"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(VIEWS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_saved_views_company_fkey",
            (VIEWS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_saved_views_owner_fkey",
            (VIEWS, &["company_id", "owner_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| index(name, VIEWS, columns);
    vec![
        index("crm_saved_views_name_key", &["company_id", "owner_id", "entity", "name_key"]).unique().to_owned(),
        index("crm_saved_views_position_idx", &["company_id", "position", "id"]),
        index("crm_saved_views_name_idx", &["company_id", "name_key", "id"]),
        index("crm_saved_views_created_idx", &["company_id", "created_at", "id"]),
        index("crm_saved_views_updated_idx", &["company_id", "updated_at", "id"]),
        // When a view becomes private, its events become private.
        Index::create()
            .name(EVENTS.0)
            .table(EVENTS.1)
            .col("company_id")
            .col("entity_id")
            .and_where(Expr::col("entity").eq("saved_view"))
            .to_owned(),
    ]
}
