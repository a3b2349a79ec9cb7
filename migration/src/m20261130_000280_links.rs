//! Links between customers: people and their organizations, organizations and their parents.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";
const LINKS: &str = "crm_customer_links";
/// What a customer keeps of its links: the primary organization of a person, the parent of an organization.
const COPIES: [&str; 2] = ["organization_id", "parent_id"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for copy in COPIES {
            let column = optional(uuid(copy));
            manager.alter_table(Table::alter().table(CUSTOMERS).add_column(column).to_owned()).await?;
        }
        manager.create_table(links(manager)).await?;
        for index in of_links().into_iter().chain(of_copies()) {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(LINKS).to_owned()).await?;
        for index in of_copies() {
            let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
        }
        for copy in COPIES {
            manager.alter_table(Table::alter().table(CUSTOMERS).drop_column(copy).to_owned()).await?;
        }
        Ok(())
    }
}

fn links(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("from_id"),
        uuid("to_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("label"),
        key_text(manager, "label_key"),
        // What no two links of the same customers have; NULL for links that are inactive.
        optional(key_text(manager, "active_key")),
        optional(text("title")),
        boolean("is_primary"),
        boolean("is_inactive"),
        ColumnDef::new("started_on").date().null().take(),
        ColumnDef::new("ended_on").date().null().take(),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(LINKS, &["company_id", "id"], columns)
        .foreign_key(&mut to_customer("crm_customer_links_from_fkey", "from_id"))
        .foreign_key(&mut to_customer("crm_customer_links_to_fkey", "to_id"))
        .to_owned()
}

fn to_customer(name: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    let customer = (CUSTOMERS, &["company_id", "id"][..]);
    reference(name, (LINKS, &["company_id", column]), customer, ForeignKeyAction::Cascade)
}

fn of_links() -> Vec<IndexCreateStatement> {
    vec![
        index("crm_customer_links_active_key", LINKS, &["company_id", "from_id", "to_id", "active_key"])
            .unique()
            .to_owned(),
        index("crm_customer_links_from_idx", LINKS, &["company_id", "from_id", "created_at", "id"]),
        index("crm_customer_links_to_idx", LINKS, &["company_id", "to_id", "created_at", "id"]),
    ]
}

/// Most customers have neither, so that the usual writes do not pay for it.
fn of_copies() -> Vec<IndexCreateStatement> {
    let copy = |name: &'static str, column: &'static str| {
        index(name, CUSTOMERS, &["company_id", column, "created_at", "id"])
            .and_where(Expr::col(column).is_not_null())
            .to_owned()
    };
    vec![copy("crm_customers_organization_idx", "organization_id"), copy("crm_customers_parent_idx", "parent_id")]
}
