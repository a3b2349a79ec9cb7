//! The links that merges of customers have moved, folded or dropped, as they were before.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LINKS: &str = "crm_customer_merge_links";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(links(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(LINKS).to_owned()).await
    }
}

fn links(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("merge_id"),
        uuid("link_id"),
        // The customer of the merge whose link it was, and its place in it: 0 is the survivor.
        uuid("customer_id"),
        number("place"),
        // What became of it: `moved`, `folded`, `dropped`, or `kept` for a link of the survivor that was changed.
        key_text(manager, "outcome"),
        // The link that a folded one is part of.
        optional(uuid("kept_id")),
        // The version that the merge left; says nothing of those that are gone.
        number("merged_version"),
    ];
    columns.extend(former(manager));
    table(LINKS, &["company_id", "merge_id", "link_id"], columns)
        .foreign_key(&mut to_merge())
        .foreign_key(&mut to_customer("crm_customer_merge_links_from_fkey", "from_id"))
        .foreign_key(&mut to_customer("crm_customer_merge_links_to_fkey", "to_id"))
        .to_owned()
}

/// The link as it was before.
fn former(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    let mut columns = vec![
        uuid("from_id"),
        uuid("to_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("label"),
        key_text(manager, "label_key"),
        optional(key_text(manager, "active_key")),
        optional(text("title")),
        boolean("is_primary"),
        boolean("is_inactive"),
        ColumnDef::new("started_on").date().null().take(),
        ColumnDef::new("ended_on").date().null().take(),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    columns
}

fn to_merge() -> ForeignKeyCreateStatement {
    let merge = ("crm_customer_merges", &["company_id", "id"][..]);
    let columns = (LINKS, &["company_id", "merge_id"][..]);
    reference("crm_customer_merge_links_merge_fkey", columns, merge, ForeignKeyAction::Cascade)
}

fn to_customer(name: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    let customer = ("crm_customers", &["company_id", "id"][..]);
    reference(name, (LINKS, &["company_id", column]), customer, ForeignKeyAction::Cascade)
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("crm_customer_merge_links_link_idx", LINKS, &["company_id", "link_id"]),
        index("crm_customer_merge_links_kept_idx", LINKS, &["company_id", "merge_id", "kept_id"])
            .and_where(Expr::col("kept_id").is_not_null())
            .to_owned(),
        // For the removal of customers.
        index("crm_customer_merge_links_from_idx", LINKS, &["company_id", "from_id"]),
        index("crm_customer_merge_links_to_idx", LINKS, &["company_id", "to_id"]),
    ]
}
