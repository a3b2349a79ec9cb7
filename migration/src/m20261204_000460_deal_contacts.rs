//! The customers who have a say in deals.

use sea_orm_migration::prelude::*;

use crate::columns::{boolean, index, key_text, number, reference, table, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CONTACTS: &str = "crm_deal_contacts";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(contacts(manager)).await?;
        // What a merge moves, what goes with a customer, and the deals of a contact.
        let of_customers = &["company_id", "customer_id", "deal_id"];
        manager.create_index(index("crm_deal_contacts_customer_idx", CONTACTS, of_customers)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(CONTACTS).to_owned()).await
    }
}

fn contacts(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("deal_id"),
        uuid("customer_id"),
        key_text(manager, "role"),
        boolean("is_primary"),
        number("position"),
    ];
    table(CONTACTS, &["company_id", "deal_id", "customer_id"], columns)
        .foreign_key(&mut reference(
            "crm_deal_contacts_deal_fkey",
            (CONTACTS, &["company_id", "deal_id"]),
            ("crm_deals", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_deal_contacts_customer_fkey",
            (CONTACTS, &["company_id", "customer_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}
