//! The text in which members of a company are searched, and on PostgreSQL its index.

use migration::columns::key_text;
use migration::trigrams;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FILL: &str = "UPDATE um_memberships SET search_text = name_key || '\n' || \
     (SELECT email FROM um_users WHERE um_users.id = um_memberships.user_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // An older release, which runs on beside this schema, does not write it.
        let column = key_text(manager, "search_text").default("").to_owned();
        manager.alter_table(Table::alter().table("um_memberships").add_column(column).to_owned()).await?;
        db.execute_unprepared(FILL).await?;
        if db.get_database_backend() == DbBackend::Postgres {
            trigrams::require(db).await.map_err(|error| DbErr::Migration(error.to_string()))?;
            let index = index(&trigrams::schema(db).await?);
            db.execute_unprepared(&index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("um_memberships").drop_column("search_text").to_owned()).await
    }
}

/// One index over company and text: a search touches only its own company's entries.
fn index(trigrams: &str) -> String {
    format!(
        "CREATE INDEX um_memberships_search_idx ON um_memberships \
         USING gin (company_id, search_text {trigrams}.gin_trgm_ops)"
    )
}
