//! Indexes for the filters of the audit trail.
//!
//! Refusals, unusual actions and unusual kinds of records have small indexes, so that the usual writes do not pay for
//! them. Their conditions stand in `crm_core::audit` as well.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "crm_audit";

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

fn indexes() -> [IndexCreateStatement; 4] {
    let index = |name: &'static str, column: Option<&'static str>| {
        let mut index = Index::create().name(name).table(TABLE).col("company_id").to_owned();
        for column in column.into_iter().chain(["occurred_at", "id"]) {
            index.col(column);
        }
        index
    };
    let unusual = |column: &'static str, usual: &[&'static str]| Expr::col(column).is_not_in(usual.iter().copied());
    [
        index("crm_audit_actor_idx", Some("actor_id")),
        index("crm_audit_denied_idx", None).and_where(Expr::col("outcome").eq("denied")).to_owned(),
        index("crm_audit_action_idx", Some("action"))
            .and_where(unusual("action", &["created", "updated", "deleted"]))
            .to_owned(),
        index("crm_audit_kind_idx", Some("entity"))
            .and_where(unusual("entity", &["customer", "interaction"]))
            .to_owned(),
    ]
}
