//! The index by which an import finds leads by their references.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const REFERENCES: &str = "crm_customer_external_refs";
const INDEX: &str = "crm_customer_external_refs_lead_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Those of leads are stamped as those in the trash are, so that the unique index has no entry for them.
        let index = index(INDEX, REFERENCES, &["company_id", "system", "external_id"])
            .and_where(Expr::col("delete_batch_id").is_not_null())
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table(REFERENCES).to_owned()).await
    }
}
