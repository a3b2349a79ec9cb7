//! Indexes for lists of one kind of customers, and of archived ones.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_customers";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn indexes() -> [IndexCreateStatement; 2] {
    let index = |name: &'static str, columns: &[&'static str]| {
        index(name, TABLE, columns).and_where(Expr::col("deleted_at").is_null()).to_owned()
    };
    [
        index("crm_customers_kind_idx", &["company_id", "kind", "created_at", "id"]),
        // Few are archived, so that the usual writes do not pay for it.
        index("crm_customers_archived_idx", &["company_id", "created_at", "id"])
            .and_where(Expr::col("is_archived"))
            .to_owned(),
    ]
}
